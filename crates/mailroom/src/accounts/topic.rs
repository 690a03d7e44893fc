//! Being told by Google of new mail: the topic that an organisation made, and the posts that come of it. They only wake.

use crate::{
    MailRoom,
    doer::Doer,
    incoming,
    words::{Checks, Refusal, field},
};
use connect::gmail::{Unbelieved, caller, mailbox_of};
use mail::OrganisationKey;
use store::{
    StoreError, UserRole, Viewer,
    google_topic::{self, GoogleTopic},
};

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

/// Keeps what an administrator says of it: the topic, and the address of the service account that posts.
pub async fn set(room: &MailRoom, viewer: &Viewer, topic: &str, pusher: &str) -> Result<GoogleTopic, Refusal> {
    let doer = Doer::administrator(room, viewer)?;
    let (topic, pusher) = (topic.trim().to_owned(), pusher.trim().to_lowercase());
    let mut checks = Checks::default();
    checks.line("topic", &topic, LONGEST);
    checks.address("service_account", &pusher);
    let pieces: Vec<&str> = topic.split('/').collect();
    let is_topic =
        matches!(pieces.as_slice(), ["projects", project, "topics", name] if !project.is_empty() && !name.is_empty());
    if !topic.is_empty() && !is_topic {
        checks.wrong("topic", field::NOT_A_TOPIC);
    }
    checks.done()?;
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let organisation = doer.organisation();
            google_topic::set(tx, organisation, &topic, &pusher, doer.now).await?;
            doer.did(tx, "organisation.google_topic_set", organisation, topic.clone()).await?;
            google_topic::get(tx, organisation).await?.ok_or(StoreError::NotFound)
        })
    });
    Ok(write.await?)
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
