//! What Mailgun posts to us. What is answered decides whether it comes again: only what is durable here is taken, only what
//! will never be wanted is refused for good, and everything else is to be posted again (reliability case 57).

use super::line;
use crate::{
    MailRoom,
    incoming::{self, PassError},
    killpoint, outgoing,
};
use bytes::Bytes;
use connect::{
    Secret,
    mailgun::{Body, Field, Post, Signature, Unproven, read_event, read_post},
};
use mail::{AccountKey, MailgunDomainKey, address::fold_address};
use std::collections::BTreeSet;
use store::{
    StoreError, account,
    audit::{self, Entry},
    mailgun::{self, MailgunDomain, POST_TAKEN},
};

/// How often an hour the log names mail of one domain that was refused: strangers can cause it.
const LOGGED_AN_HOUR: i64 = 20;
const HOUR: i64 = 3_600_000;

/// What came of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrived {
    /// It is kept.
    New,
    /// It was before; nothing changed.
    Again,
}

/// Why a post was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// There is no such domain.
    #[error("no such domain")]
    Unknown,
    /// It is not believed; with the right key it would be.
    #[error(transparent)]
    Unproven(#[from] Unproven),
    /// It will never be taken.
    #[error("refused: {0}")]
    Refused(&'static str),
    /// It could not be taken now.
    #[error("not now: {0}")]
    Later(String),
}

impl From<StoreError> for NotTaken {
    fn from(error: StoreError) -> NotTaken {
        NotTaken::Later(error.to_string())
    }
}

impl From<PassError> for NotTaken {
    fn from(error: PassError) -> NotTaken {
        NotTaken::Later(error.to_string())
    }
}

/// Takes a mail that came in for a domain.
pub async fn arrive(room: &MailRoom, id: MailgunDomainKey, fields: &[Field]) -> Result<Arrived, NotTaken> {
    let post = read_post(fields);
    let domain = believed(room, id, &post.signature).await?;
    let slip = mailgun::Post { domain: id, token: post.signature.token.clone(), digest: post.digest, is_posted: true };
    let done = taken(room, &domain, &slip).await?;
    let (accounts, unknown) = receivers(room, &domain, &post.recipients).await?;
    let open: Vec<AccountKey> = accounts.iter().copied().filter(|account| !done.contains(account)).collect();
    if !accounts.is_empty() && open.is_empty() {
        return Ok(Arrived::Again);
    }
    for recipient in &unknown {
        refused(room, &domain, recipient, "unknown_recipient").await?;
    }
    if open.is_empty() {
        return Err(NotTaken::Refused("nobody here has this address"));
    }
    let raw = letter(room, &domain, &post).await?;
    for id in open {
        let organisation = domain.organisation;
        let read = room.store.db.read(move |tx| Box::pin(async move { account::load(tx, organisation, id).await }));
        let account = read.await?;
        match incoming::take_posted(room, &account, raw.clone(), &slip).await {
            Ok(()) => tracing::info!(account = %id, bytes = raw.len(), "mail was posted to us by Mailgun"),
            // Somebody else took it a moment ago: whether it was the same is looked at.
            Err(PassError::Store(StoreError::Conflict { code: POST_TAKEN, .. })) => {
                taken(room, &domain, &slip).await?;
            }
            Err(error) => {
                tracing::warn!(account = %id, %error, "mail that was posted to us could not be kept; it comes again");
                return Err(error.into());
            }
        }
    }
    killpoint!("hook.after_commit");
    Ok(Arrived::New)
}

/// Takes what is told of a mail that left.
pub async fn happen(room: &MailRoom, id: MailgunDomainKey, body: &[u8]) -> Result<Arrived, NotTaken> {
    let (signature, digest, event) = read_event(body).ok_or(NotTaken::Unproven(Unproven::Unsigned))?;
    let domain = believed(room, id, &signature).await?;
    let slip = mailgun::Post { domain: id, token: signature.token, digest, is_posted: true };
    if !taken(room, &domain, &slip).await?.is_empty() {
        return Ok(Arrived::Again);
    }
    match outgoing::on_event(room, domain.organisation, event.as_ref(), Some(slip.clone())).await {
        Ok(()) => Ok(Arrived::New),
        Err(StoreError::Conflict { code: POST_TAKEN, .. }) => {
            taken(room, &domain, &slip).await?;
            Ok(Arrived::Again)
        }
        Err(error) => Err(error.into()),
    }
}

/// The domain that a post is about, when the post is signed with its key.
async fn believed(room: &MailRoom, id: MailgunDomainKey, signature: &Signature) -> Result<MailgunDomain, NotTaken> {
    let keys = room.store.keys.clone();
    let read = room.store.db.read(move |tx| {
        Box::pin(async move {
            let Some(domain) = mailgun::anywhere(tx, id).await? else { return Ok(None) };
            let key = mailgun::open_signing_key(tx, &keys, domain.organisation, id).await?;
            Ok(Some((domain, key)))
        })
    });
    let (domain, key) = read.await?.ok_or(NotTaken::Unknown)?;
    let proven = match key {
        Some(key) => signature.proven(&Secret::new(key.as_slice()), room.clock.now()),
        None => Err(Unproven::Unsigned),
    };
    if let Err(why) = proven {
        tracing::warn!(domain = domain.name, %why, "a post in Mailgun's name was not believed");
        return Err(why.into());
    }
    Ok(domain)
}

/// Into which mailboxes this very post went before. Another one with the same token is refused for good.
async fn taken(
    room: &MailRoom,
    domain: &MailgunDomain,
    slip: &mailgun::Post,
) -> Result<BTreeSet<AccountKey>, NotTaken> {
    let (organisation, asked) = (domain.organisation, slip.clone());
    let read = room.store.db.read(move |tx| Box::pin(async move { mailgun::taken(tx, organisation, &asked).await }));
    let known = read.await?;
    if known.iter().any(|(_, digest)| digest[..] != slip.digest[..]) {
        tracing::warn!(domain = domain.name, "a signature of Mailgun came again with other contents");
        refused(room, domain, "", "signature_reused").await?;
        return Err(NotTaken::Refused("this signature was used for something else"));
    }
    Ok(known.into_iter().map(|(account, _)| account).collect())
}

/// The mailboxes that these are, and those whom nobody here is.
pub(super) async fn receivers(
    room: &MailRoom,
    domain: &MailgunDomain,
    recipients: &[String],
) -> Result<(Vec<AccountKey>, Vec<String>), NotTaken> {
    let (organisation, name) = (domain.organisation, domain.name.clone());
    let read = room.store.db.read(move |tx| Box::pin(async move { mailgun::receivers(tx, organisation, &name).await }));
    let known = read.await?;
    let (mut accounts, mut unknown) = (Vec::new(), Vec::new());
    for recipient in recipients {
        match known.iter().find(|(address, _)| is_for(recipient, address, &domain.name)) {
            Some((_, account)) if accounts.contains(account) => {}
            Some((_, account)) => accounts.push(*account),
            None => unknown.push(recipient.clone()),
        }
    }
    Ok((accounts, unknown))
}

/// Whether mail for this recipient belongs to the mailbox of that (folded) address: the same, the same name at the domain
/// of Mailgun, or either with a tag behind a plus.
fn is_for(recipient: &str, address: &str, domain: &str) -> bool {
    let folded = fold_address(recipient);
    let Some((local, host)) = folded.rsplit_once('@') else { return false };
    let Some((name, own)) = address.rsplit_once('@') else { return false };
    let untagged = local.split_once('+').map_or(local, |(before, _)| before);
    (host == own || host == domain) && (local == name || untagged == name)
}

/// The mail itself.
async fn letter(room: &MailRoom, domain: &MailgunDomain, post: &Post) -> Result<Bytes, NotTaken> {
    let raw = match &post.body {
        Some(Body::Whole(raw) | Body::Parts(raw)) => raw.clone(),
        Some(Body::Stored(url)) => {
            let line = line::of(room, domain).await.map_err(|error| NotTaken::Later(error.to_string()))?;
            line.stored(url).await.map_err(|error| NotTaken::Later(error.to_string()))?
        }
        None => {
            refused(room, domain, "", "no_mail_in_it").await?;
            return Err(NotTaken::Refused("there is no mail in it"));
        }
    };
    if raw.len() as u64 > room.world.message_limit_bytes {
        refused(room, domain, "", "too_large").await?;
        return Err(NotTaken::Refused("the mail is too large"));
    }
    Ok(raw)
}

/// Writes down that mail was refused for good, where administrators see it; of many in an hour only the first.
async fn refused(room: &MailRoom, domain: &MailgunDomain, recipient: &str, why: &'static str) -> Result<(), NotTaken> {
    let (organisation, now) = (domain.organisation, room.clock.now());
    let limit =
        store::limit::Limit { scope: format!("mailgun refused:{}", domain.id), slot_ms: HOUR, max: LOGGED_AN_HOUR };
    let entry = Entry {
        id: room.store.make.key(now),
        user: None,
        action: "organisation.mailgun_refused".to_owned(),
        subject: domain.id.to_string(),
        detail: match recipient {
            "" => why.to_owned(),
            _ => format!("{why}, {}", recipient.chars().filter(|c| !c.is_control()).take(320).collect::<String>()),
        },
        done_at: now,
    };
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            match store::limit::take(tx, organisation, &[limit], now).await? {
                store::limit::Turn::Taken => audit::append(tx, organisation, &entry).await,
                store::limit::Turn::WaitUntil(_) => Ok(()),
            }
        })
    });
    Ok(write.await?)
}

#[cfg(test)]
mod tests {
    use super::is_for;

    #[test]
    fn mail_goes_to_the_mailbox_of_its_recipient() {
        for recipient in ["info@voorbeeld.nl", "Info@Voorbeeld.NL", "info+bouw@voorbeeld.nl", "info@mg.voorbeeld.nl"] {
            assert!(is_for(recipient, "info@voorbeeld.nl", "mg.voorbeeld.nl"), "{recipient}");
        }
        for other in ["inf@voorbeeld.nl", "info@elders.nl", "xinfo@voorbeeld.nl", "info", "+info@voorbeeld.nl", ""] {
            assert!(!is_for(other, "info@voorbeeld.nl", "mg.voorbeeld.nl"), "{other}");
        }
    }
}
