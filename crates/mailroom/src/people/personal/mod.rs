//! What is known about one person, in one archive (GDPR, article 15): a contact by an administrator, a user by an
//! administrator or by themselves. It holds what whoever asks for it may see, and no more: being an administrator opens
//! nobody's mail.

mod about;
mod facts;
mod zip;

use crate::{
    MailRoom,
    doer::Doer,
    words::{Language, Refusal},
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use mail::{ContactKey, OrganisationKey, UserKey};
use std::{collections::VecDeque, fmt, sync::Arc};
use store::{Store, StoreError, UserRole, Viewer, contact, personal::Letter, user};

/// About whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Somebody that the organisation writes with.
    Contact(ContactKey),
    /// Somebody who works here.
    User(UserKey),
}

impl fmt::Display for Subject {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Contact(key) => key.fmt(out),
            Subject::User(key) => key.fmt(out),
        }
    }
}

/// Everything about a person, gathered but for the mail itself, which is read when it is written.
pub struct Gathered {
    organisation: OrganisationKey,
    files: VecDeque<File>,
    /// How many messages it holds.
    pub messages: usize,
    /// How long the archive is, in bytes.
    pub bytes: u64,
    /// What the archive is called.
    pub file_name: String,
}

/// A file of the archive.
struct File {
    name: String,
    at: i64,
    content: Content,
}

enum Content {
    Text(Bytes),
    Raw { digest: [u8; 32], size: u64 },
}

impl Content {
    fn size(&self) -> u64 {
        match self {
            Content::Text(bytes) => bytes.len() as u64,
            Content::Raw { size, .. } => *size,
        }
    }
}

/// Whom an administrator means: by an id (`cnt_...`, `usr_...`), or by an address that one user or contact has. More than
/// one are all answered, so that a person can choose.
pub async fn find(room: &MailRoom, viewer: &Viewer, named: &str) -> Result<Vec<Subject>, Refusal> {
    let organisation = Doer::administrator(room, viewer)?.organisation();
    let named = named.trim().to_owned();
    if let Ok(key) = named.parse() {
        return Ok(vec![Subject::Contact(key)]);
    }
    if let Ok(key) = named.parse() {
        return Ok(vec![Subject::User(key)]);
    }
    let read = room.store.db.read(move |tx| {
        Box::pin(async move {
            let user = user::by_email(tx, &named).await?.filter(|(user, _)| user.organisation == organisation);
            let contacts = contact::by_address(tx, organisation, &named).await?;
            let contacts = contacts.into_iter().map(|contact| Subject::Contact(contact.id));
            Ok(user.map(|(user, _)| Subject::User(user.id)).into_iter().chain(contacts).collect())
        })
    });
    Ok(read.await?)
}

/// Gathers what is known about the person, to be told how much it is. `Forbidden` for anybody but an administrator, unless
/// it is about themselves.
pub async fn gather(
    room: &MailRoom,
    viewer: &Viewer,
    subject: Subject,
    language: Language,
) -> Result<Gathered, Refusal> {
    if subject != Subject::User(viewer.user) {
        Doer::administrator(room, viewer)?;
    }
    let (viewer, now) = (*viewer, room.clock.now());
    let gathered = room.store.db.read(move |tx| {
        Box::pin(async move {
            match subject {
                Subject::Contact(key) => facts::of_contact(tx, &viewer, key).await,
                Subject::User(key) => facts::of_user(tx, &viewer, key, now).await,
            }
        })
    });
    let (mut facts, letters) = gathered.await?;
    facts["made_at"] = facts::instant(now);
    facts["about"] = subject.to_string().into();
    let organisation = viewer.organisation;
    let text = serde_json::to_string_pretty(&facts).map_err(|error| StoreError::Broken(error.to_string()))?;
    let own = |name: &str, text: String| File { name: name.into(), at: now, content: Content::Text(text.into()) };
    let mut files = VecDeque::from([
        own(about::name(language), about::text_of(language, subject, subject == Subject::User(viewer.user))),
        own("data.json", text),
    ]);
    let messages = letters.len();
    files.extend(letters.into_iter().map(|letter: Letter| File {
        name: facts::file_of(&letter),
        at: letter.received_at,
        content: Content::Raw { digest: letter.digest, size: letter.size },
    }));
    let bytes = zip::length(files.iter().map(|file| (file.name.len(), file.content.size())));
    Ok(Gathered { organisation, files, messages, bytes, file_name: format!("{subject}.zip") })
}

/// The same, to be taken away: the audit log says who did.
pub async fn take(room: &MailRoom, viewer: &Viewer, subject: Subject, language: Language) -> Result<Gathered, Refusal> {
    let copy = gather(room, viewer, subject, language).await?;
    let doer = Doer::new(room, viewer);
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let action = match subject {
                Subject::Contact(_) => "contact.copied",
                Subject::User(_) => "user.copied",
            };
            doer.did(tx, action, subject, "").await
        })
    });
    write.await?;
    Ok(copy)
}

impl Gathered {
    /// The archive, piece by piece: exactly [`Gathered::bytes`]. It fails rather than leave something out.
    pub fn stream(self, store: Arc<Store>) -> impl Stream<Item = Result<Bytes, StoreError>> + Send + 'static {
        let begin = (store, self.organisation, self.files, Some(zip::Zip::default()));
        let pieces = stream::try_unfold(begin, |(store, organisation, mut files, zip)| async move {
            let Some(mut zip) = zip else { return Ok(None) };
            let Some(File { name, at, content }) = files.pop_front() else {
                let end = [Bytes::from(zip.end()), Bytes::new()];
                return Ok(Some((end, (store, organisation, files, None))));
            };
            let size = content.size();
            let bytes = match content {
                Content::Text(bytes) => bytes,
                Content::Raw { digest, .. } => store.raw(organisation, digest).await?,
            };
            if bytes.len() as u64 != size {
                return Err(StoreError::Damaged(format!("{name} has {} bytes and should have {size}", bytes.len())));
            }
            let pieces = [Bytes::from(zip.file(&name, at, &bytes)), bytes];
            Ok(Some((pieces, (store, organisation, files, Some(zip)))))
        });
        pieces.map_ok(|pieces| stream::iter(pieces.map(Ok))).try_flatten().boxed()
    }
}

/// Whether this person may ask for a copy of what is known about others.
pub fn may_copy_others(viewer: &Viewer) -> bool {
    viewer.role == UserRole::Administrator
}
