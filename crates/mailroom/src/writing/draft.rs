//! Drafts: begun, saved and thrown away by their author.

use super::{begin, file};
use crate::{
    MailRoom,
    words::{Checks, Refusal, field},
};
use mail::{DraftKey, display};
use store::{
    StoreError, Tx, Viewer, blob,
    draft::{self, Draft, Letter},
    message, owner,
};

/// Longer than any letter.
const PROSE_MAX: usize = 1_000_000;

/// A key for a draft that is about to be written. Its page carries it, so that a form sent twice makes one draft.
pub fn new_key(room: &MailRoom) -> DraftKey {
    DraftKey(room.store.make.key(room.clock.now()))
}

/// The viewer's draft.
pub async fn get(room: &MailRoom, viewer: &Viewer, id: DraftKey) -> Result<Draft, Refusal> {
    let viewer = *viewer;
    Ok(room.store.db.read(move |tx| Box::pin(async move { draft::get(tx, &viewer, id).await })).await?)
}

/// The viewer's drafts, the last begun first, and the key to go on from.
pub async fn list(
    room: &MailRoom,
    viewer: &Viewer,
    before: Option<DraftKey>,
    limit: usize,
) -> Result<(Vec<Draft>, Option<DraftKey>), Refusal> {
    let viewer = *viewer;
    Ok(room.store.db.read(move |tx| Box::pin(async move { draft::list(tx, &viewer, before, limit).await })).await?)
}

/// Keeps a new draft. What the message brings that it answers or passes on (files, quoted pictures) comes with it.
pub async fn create(room: &MailRoom, viewer: &Viewer, id: Option<DraftKey>, letter: Letter) -> Result<Draft, Refusal> {
    let letter = clean(letter)?;
    let files = match letter.source {
        Some(source) => match begin::source(room, viewer, source).await {
            Ok(source) => begin::files_of(&source, &letter),
            Err(Refusal::NotFound) => return Err(Refusal::field("reply_to_message", field::UNKNOWN)),
            Err(other) => return Err(other),
        },
        None => Vec::new(),
    };
    let kept = file::keep(room, viewer, files).await?;
    let (viewer, now) = (*viewer, room.clock.now());
    let id = id.unwrap_or_else(|| new_key(room));
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            if let Err(refusal) = check(tx, &viewer, &letter).await? {
                return Ok(Err(refusal));
            }
            blob::record(tx, viewer.organisation, &kept.blobs).await?;
            Ok(Ok(draft::create(tx, &viewer, id, &letter, &kept.files, now).await?))
        })
    });
    write.await?
}

/// Saves a draft that nobody saved since that version.
pub async fn save(
    room: &MailRoom,
    viewer: &Viewer,
    id: DraftKey,
    version: i64,
    letter: Letter,
) -> Result<Draft, Refusal> {
    let letter = clean(letter)?;
    let (viewer, now) = (*viewer, room.clock.now());
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            draft::get(tx, &viewer, id).await?;
            if let Err(refusal) = check(tx, &viewer, &letter).await? {
                return Ok(Err(refusal));
            }
            Ok(Ok(draft::save(tx, &viewer, id, version, &letter, now).await?))
        })
    });
    write.await?
}

/// Throws a draft away.
pub async fn discard(room: &MailRoom, viewer: &Viewer, id: DraftKey) -> Result<(), Refusal> {
    let viewer = *viewer;
    Ok(room.store.db.write(move |tx| Box::pin(async move { draft::remove(tx, &viewer, id).await })).await?)
}

/// Bounds, and HTML in which nothing runs, asks or fetches: it is shown again, and leaves the house.
fn clean(mut letter: Letter) -> Result<Letter, Refusal> {
    let mut checks = Checks::default();
    checks.prose("subject", &letter.subject, 2000);
    checks.prose("text", letter.text.as_deref().unwrap_or_default(), PROSE_MAX);
    checks.prose("html", letter.html.as_deref().unwrap_or_default(), PROSE_MAX);
    for (name, list) in [("to", &letter.to), ("cc", &letter.cc), ("bcc", &letter.bcc)] {
        checks.list(name, list);
        for address in list {
            checks.prose(name, &address.address, 1000);
            checks.prose(name, address.name.as_deref().unwrap_or_default(), 1000);
        }
    }
    checks.done()?;
    letter.html = letter.html.map(|html| display::safe_html(&html));
    letter.subject = letter.subject.replace(['\r', '\n'], " ");
    Ok(letter)
}

/// What the letter names must be the viewer's to use.
async fn check(tx: &mut Tx, viewer: &Viewer, letter: &Letter) -> Result<Result<(), Refusal>, StoreError> {
    if let Some(account) = letter.account {
        match owner::rights(tx, viewer, account).await {
            Ok(rights) if rights.send => {}
            Ok(_) => return Ok(Err(Refusal::forbidden("account", field::NO_RIGHT_TO_SEND))),
            Err(StoreError::NotFound) => return Ok(Err(Refusal::field("account", field::UNKNOWN))),
            Err(error) => return Err(error),
        }
    }
    if let Some(source) = letter.source {
        match message::get(tx, viewer, source).await {
            Ok(_) => {}
            Err(StoreError::NotFound) => return Ok(Err(Refusal::field("reply_to_message", field::UNKNOWN))),
            Err(error) => return Err(error),
        }
    }
    Ok(Ok(()))
}
