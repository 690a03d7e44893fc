//! Being told by Google of new mail: the topic that an organisation made, and the posts that come of it. They only wake.

use super::{app_proof, kept_news};
use crate::{
    MailRoom,
    doer::Doer,
    incoming,
    words::{Checks, Refusal, field},
};
use connect::{
    gmail::{Unbelieved, caller, mailbox_of},
    oauth::ServiceAccount,
};
use mail::OrganisationKey;
use store::{
    StoreError, UserRole, Viewer,
    google_topic::{self, GoogleTopic, TopicSettings},
};
use zeroize::Zeroizing;

/// The path of ours to which Google posts.
pub const HOOK: &str = "/hooks/google";
/// Longer names are nobody's.
const LONGEST: usize = 300;

/// Why a post was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// It is not believed.
    #[error(transparent)]
    Unproven(#[from] Unbelieved),
    /// It is none that we know.
    #[error("this is no post of Pub/Sub about a mailbox")]
    Nonsense,
    /// It could not be taken now.
    #[error(transparent)]
    Later(#[from] StoreError),
}

/// The organisation's topic.
pub async fn get(room: &MailRoom, viewer: &Viewer) -> Result<Option<GoogleTopic>, Refusal> {
    if viewer.role == UserRole::Member {
        return Err(Refusal::forbidden("", field::NO_RIGHT_TO_MANAGE));
    }
    let organisation = viewer.organisation;
    Ok(room.store.db.read(move |tx| Box::pin(async move { google_topic::get(tx, organisation).await })).await?)
}

/// What an administrator says of it.
#[derive(Debug, Default)]
pub struct TopicInput {
    /// `projects/PROJECT/topics/NAME`.
    pub topic: String,
    /// The address of the service account that posts; of one that fetches the key says it.
    pub service_account: String,
    /// `projects/PROJECT/subscriptions/NAME`, from which we fetch; empty: Google posts.
    pub subscription: String,
    /// The key file of the service account that fetches; `None` or empty: the one that is kept.
    pub key: Option<Zeroizing<String>>,
}

/// Keeps what an administrator says of it. A subscription from which we fetch is tried first.
pub async fn set(room: &MailRoom, viewer: &Viewer, input: TopicInput) -> Result<GoogleTopic, Refusal> {
    let doer = Doer::administrator(room, viewer)?;
    let organisation = doer.organisation();
    let keys = room.store.keys.clone();
    let ring = keys.clone();
    let read = room.store.db.read(move |tx| {
        Box::pin(async move {
            let kept = google_topic::get(tx, organisation).await?;
            Ok((kept, google_topic::open_key(tx, &ring, organisation).await?))
        })
    });
    let (kept, kept_key) = read.await?;
    let kept = kept.filter(|_| kept_key.is_some()).zip(kept_key).map(|(kept, key)| (kept.pusher, key));
    let (settings, tried) = checked(&input, kept)?;
    if let (Some(name), Some(key)) = (&settings.subscription, tried)
        && let Some((field, why)) = kept_news::wrong(&room.world, name, key).await
    {
        let mut checks = Checks::default();
        checks.wrong(field, why);
        checks.done()?;
    }
    let new = doer.key();
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            google_topic::set(tx, &keys, organisation, new, &settings, doer.now).await?;
            doer.did(tx, "organisation.google_topic_set", organisation, settings.topic.clone()).await?;
            google_topic::get(tx, organisation).await?.ok_or(StoreError::NotFound)
        })
    });
    Ok(write.await?)
}

type Key = Zeroizing<Vec<u8>>;

/// What follows from the input, and the key with which it fetches, or everything that is wrong with it.
///
/// `kept`: the service account that fetches already, and its key.
fn checked(input: &TopicInput, kept: Option<(String, Key)>) -> Result<(TopicSettings, Option<Key>), Refusal> {
    let (topic, subscription) = (input.topic.trim().to_owned(), input.subscription.trim().to_owned());
    let typed =
        input.key.as_ref().map(|key| Zeroizing::new(key.trim().as_bytes().to_vec())).filter(|key| !key.is_empty());
    let mut checks = Checks::default();
    checks.line("topic", &topic, LONGEST);
    if !topic.is_empty() && !is_named(&topic, "topics") {
        checks.wrong("topic", field::NOT_A_TOPIC);
    }
    if subscription.is_empty() && typed.is_none() {
        let pusher = input.service_account.trim().to_lowercase();
        checks.address("service_account", &pusher);
        checks.done()?;
        return Ok((TopicSettings { topic, pusher, subscription: None, key: None }, None));
    }
    checks.line("subscription", &subscription, LONGEST);
    if !subscription.is_empty() && !is_named(&subscription, "subscriptions") {
        checks.wrong("subscription", field::NOT_A_SUBSCRIPTION);
    }
    let named = match (&typed, kept) {
        (Some(key), _) => match ServiceAccount::read(key) {
            Ok(account) => Some((account.email.to_lowercase(), key.clone())),
            Err(fault) => {
                checks.wrong("key", app_proof::why(fault));
                None
            }
        },
        (None, Some(kept)) => Some(kept),
        (None, None) => {
            checks.wrong("key", field::REQUIRED);
            None
        }
    };
    checks.done()?;
    let (pusher, tried) = named.unwrap_or_default();
    Ok((TopicSettings { topic, pusher, subscription: Some(subscription), key: typed }, Some(tried)))
}

/// Whether it is the full name of one of these things in a project.
fn is_named(name: &str, things: &str) -> bool {
    let pieces: Vec<&str> = name.split('/').collect();
    let is_plain =
        |piece: &str| !piece.is_empty() && piece.chars().all(|c| c.is_ascii_alphanumeric() || "-._~+%:".contains(c));
    matches!(pieces.as_slice(), ["projects", project, kind, name] if *kind == things && is_plain(project) && is_plain(name))
}

/// Forgets it. Google goes on for a week at most, and is not believed.
pub async fn remove(room: &MailRoom, viewer: &Viewer) -> Result<(), Refusal> {
    let doer = Doer::administrator(room, viewer)?;
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            google_topic::remove(tx, doer.organisation()).await?;
            doer.did(tx, "organisation.google_topic_removed", doer.organisation(), "").await
        })
    });
    Ok(write.await?)
}

/// Where news of an organisation's mailboxes go.
pub(super) async fn name_of(room: &MailRoom, organisation: OrganisationKey) -> Result<Option<String>, StoreError> {
    let read = room.store.db.read(move |tx| Box::pin(async move { google_topic::get(tx, organisation).await }));
    Ok(read.await?.map(|kept| kept.topic))
}

/// Takes a post: whoever shows Google's token for the service account of an organisation has its mailbox of that name fetched.
/// Played again it does no more than that.
pub async fn arrive(room: &MailRoom, token: &str, post: &[u8]) -> Result<(), NotTaken> {
    let pusher = caller(&room.world, token, &room.link(HOOK), room.clock.now()).await?;
    let address = mailbox_of(post).ok_or(NotTaken::Nonsense)?;
    let now = room.clock.now();
    let found = room.store.db.write(move |tx| {
        Box::pin(async move {
            let mut found = Vec::new();
            for organisation in google_topic::brought_by(tx, &pusher.to_lowercase()).await? {
                google_topic::told(tx, organisation, now).await?;
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
