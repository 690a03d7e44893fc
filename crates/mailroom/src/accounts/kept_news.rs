//! News that Google keeps for us in a subscription of Pub/Sub, for a server that Google does not reach: we come for them. They
//! only wake, as those that are posted do, and come again until they are acknowledged.

use super::{app_token, grant::ours};
use crate::{
    MailRoom, incoming,
    words::field::{self, Why},
};
use async_trait::async_trait;
use connect::{
    Bearer, ConnectError, Secret, World,
    error::{Cause, Step},
    gmail::{Subscription, Taken},
};
use mail::OrganisationKey;
use std::{collections::HashMap, convert::Infallible, time::Duration};
use store::{
    StoreError, Topic,
    google_topic::{self, GoogleTopic},
};
use tokio::{
    sync::{Mutex, watch},
    task::JoinHandle,
    time::{Instant, sleep},
};
use zeroize::Zeroizing;

/// How often to look which organisations have one, when nobody says so.
const LOOK: Duration = Duration::from_secs(30);
/// After trouble; twice as long each time, up to the longest.
const PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
/// Google answers after a while when there is nothing; should it do so at once, it is not asked without end.
const BREATHER: Duration = Duration::from_millis(500);
/// A token that ends sooner than this is renewed already.
const MARGIN: Duration = Duration::from_secs(120);
/// How long a token lasts of which nobody says so, in seconds.
const USUAL_SECONDS: u64 = 3600;

/// Comes for the news of every organisation that has such a subscription, until told to stop. Each node does: Google gives each of
/// them some, and whichever node has the mailbox is woken.
pub async fn run(room: MailRoom, mut stop: watch::Receiver<bool>) {
    let mut bell = room.store.db.bell(Topic::Accounts);
    let mut running: HashMap<OrganisationKey, (GoogleTopic, JoinHandle<()>)> = HashMap::new();
    while !*stop.borrow() {
        match room.store.db.read(|tx| Box::pin(async move { google_topic::fetched(tx).await })).await {
            Ok(wanted) => {
                let is_same = |one: &GoogleTopic, other: &GoogleTopic| {
                    (one.set_at, &one.subscription) == (other.set_at, &other.subscription)
                };
                running.retain(|_, (has, task)| {
                    let stays = !task.is_finished()
                        && wanted.iter().any(|one| is_same(one, has) && one.organisation == has.organisation);
                    if !stays {
                        task.abort();
                    }
                    stays
                });
                for one in wanted {
                    running.entry(one.organisation).or_insert_with(|| {
                        let task = tokio::spawn(come(room.clone(), one.clone()));
                        (one, task)
                    });
                }
            }
            Err(error) => tracing::warn!(%error, "subscriptions of Pub/Sub could not be listed"),
        }
        tokio::select! {
            _ = stop.changed() => {}
            _ = bell.changed() => {}
            () = sleep(LOOK) => {}
        }
    }
    running.into_values().for_each(|(_, task)| task.abort());
}

/// Comes for the news of one organisation, for ever.
async fn come(room: MailRoom, topic: GoogleTopic) {
    let (organisation, mut pause) = (topic.organisation, PAUSE);
    let name = topic.subscription.as_deref().unwrap_or_default();
    loop {
        let Err(error) = work(&room, organisation, name, &mut pause).await;
        tracing::warn!(%error, subscription = name, "news of Gmail can't be fetched; new mail is seen at the interval");
        note(&room, organisation, Some(error.to_string())).await;
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Opens the subscription and takes what comes until something fails.
async fn work(
    room: &MailRoom,
    organisation: OrganisationKey,
    name: &str,
    pause: &mut Duration,
) -> Result<Infallible, ConnectError> {
    let keys = room.store.keys.clone();
    let read =
        room.store.db.read(move |tx| Box::pin(async move { google_topic::open_key(tx, &keys, organisation).await }));
    let subscription = opened(&room.world, name, read.await.map_err(ours)?.unwrap_or_default())?;
    let mut is_well = false;
    loop {
        let begun = Instant::now();
        once(room, organisation, &subscription).await?;
        if !std::mem::replace(&mut is_well, true) {
            note(room, organisation, None).await;
        }
        *pause = PAUSE;
        sleep(BREATHER.saturating_sub(begun.elapsed())).await;
    }
}

async fn once(room: &MailRoom, organisation: OrganisationKey, subscription: &Subscription) -> Result<(), ConnectError> {
    let taken = subscription.take().await?;
    if taken.tickets.is_empty() {
        return Ok(());
    }
    tell(room, organisation, &taken).await.map_err(ours)?;
    // Whoever was woken is fetching, or fetches first of all when it begins again.
    subscription.acknowledge(&taken).await
}

async fn tell(room: &MailRoom, organisation: OrganisationKey, taken: &Taken) -> Result<(), StoreError> {
    let (mailboxes, now) = (taken.mailboxes.clone(), room.clock.now());
    let found = room.store.db.write(move |tx| {
        Box::pin(async move {
            google_topic::told(tx, organisation, now).await?;
            let mut found = Vec::new();
            for address in mailboxes {
                found.extend(google_topic::accounts(tx, organisation, &address).await?);
            }
            Ok(found)
        })
    });
    for account in found.await? {
        incoming::call(room, account, false).await?;
    }
    Ok(())
}

async fn note(room: &MailRoom, organisation: OrganisationKey, trouble: Option<String>) {
    let write = room
        .store
        .db
        .write(move |tx| Box::pin(async move { google_topic::note(tx, organisation, trouble.as_deref()).await }));
    if let Err(error) = write.await {
        tracing::warn!(%error, "how fetching news of Gmail goes could not be written down");
    }
}

fn opened(world: &World, name: &str, key: Zeroizing<Vec<u8>>) -> Result<Subscription, ConnectError> {
    Subscription::new(world, name, Box::new(Reader { world: world.clone(), key, held: Mutex::default() }))
}

/// Why the subscription can't be read with this key, told of its field; nothing when it can.
pub(super) async fn wrong(world: &World, name: &str, key: Zeroizing<Vec<u8>>) -> Option<(&'static str, Why)> {
    let asked = match opened(world, name, key) {
        Ok(subscription) => subscription.is_open().await,
        Err(error) => Err(error),
    };
    Some(match asked {
        Ok(()) => return None,
        Err(ConnectError::Refused { cause: Cause::NoSuchFolder, .. }) => ("subscription", field::NO_SUBSCRIPTION),
        Err(ConnectError::Later { .. }) => ("subscription", field::NO_ANSWER_YET),
        // At the sign-in, before anything was asked of it.
        Err(ConnectError::Settings { step: Step::SignIn, .. }) => ("key", field::KEY_REFUSED),
        Err(_) => ("subscription", field::SUBSCRIPTION_CLOSED),
    })
}

/// Tokens of the service account.
struct Reader {
    world: World,
    key: Zeroizing<Vec<u8>>,
    /// The last one, and when it ends.
    held: Mutex<Option<(Secret, Instant)>>,
}

#[async_trait]
impl Bearer for Reader {
    async fn token(&self, refused: Option<&Secret>) -> Result<Secret, ConnectError> {
        let mut held = self.held.lock().await;
        if let Some((token, ends)) = &*held
            && Instant::now() + MARGIN < *ends
            && refused.is_none_or(|refused| refused.reveal() != token.reveal())
        {
            return Ok(token.clone());
        }
        let tokens = app_token::for_news(&self.world, &self.key).await?;
        let ends = Instant::now() + Duration::from_secs(tokens.expires_in.unwrap_or(USUAL_SECONDS));
        *held = Some((tokens.access_token.clone(), ends));
        Ok(tokens.access_token)
    }
}
