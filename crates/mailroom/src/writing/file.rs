//! Files of a draft.

use super::draft::get;
use crate::{
    MailRoom,
    words::{Refusal, field},
};
use bytes::Bytes;
use mail::{DraftKey, compose::Attached, parse};
use store::{
    Viewer,
    blob::{self, NewBlob},
    draft::{self, File, NewFile},
};

/// More files than anybody sends.
const FILES_MAX: usize = 200;

/// Files whose bytes are durable, ready to be named by rows.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) blobs: Vec<([u8; 32], i64, String)>,
    pub(super) files: Vec<NewFile>,
}

/// Makes the bytes durable (reliability rule 12: before any row names them).
pub(super) async fn keep(room: &MailRoom, viewer: &Viewer, files: Vec<Attached>) -> Result<Kept, Refusal> {
    let organisation = viewer.organisation;
    let mut kept = Kept { blobs: Vec::new(), files: Vec::new() };
    let mut blobs = Vec::new();
    for Attached { name, content_type, bytes, content_id } in files {
        let (digest, size) = (blob::digest(&bytes), bytes.len() as i64);
        blobs.push(NewBlob { organisation, digest, bytes: Bytes::from(bytes) });
        kept.files.push(NewFile {
            name: parse::safe_name(&name, &content_type),
            content_type,
            content_id,
            digest,
            size,
        });
    }
    if blobs.is_empty() {
        return Ok(kept);
    }
    let places = room.store.blobs.put(blobs).await?;
    kept.blobs = kept.files.iter().zip(places).map(|(file, place)| (file.digest, file.size, place)).collect();
    Ok(kept)
}

/// Adds a file to the viewer's draft. One that is `shown` gets a Content-ID, by which the HTML names it.
pub async fn attach(
    room: &MailRoom,
    viewer: &Viewer,
    id: DraftKey,
    mut file: Attached,
    shown: bool,
) -> Result<File, Refusal> {
    let draft = get(room, viewer, id).await?;
    let total = draft.files.iter().map(|file| file.size).sum::<i64>() + file.bytes.len() as i64;
    // In the mail it grows by a third, and a text goes with it.
    if total as u64 / 3 * 4 > room.world.message_limit_bytes || draft.files.len() >= FILES_MAX {
        return Err(Refusal::field("attachments", field::TOO_LARGE));
    }
    if shown {
        file.content_id = Some(format!("{:032x}@postkamer.invalid", rand::random::<u128>()));
    }
    let mut kept = keep(room, viewer, vec![file]).await?;
    let viewer = *viewer;
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            blob::record(tx, viewer.organisation, &kept.blobs).await?;
            let Some(new) = kept.files.pop() else { return Err(store::StoreError::NotFound) };
            let n = draft::attach(tx, &viewer, id, &new).await?;
            draft::file(tx, &viewer, id, n).await
        })
    });
    Ok(write.await?)
}

/// Takes a file off the viewer's draft.
pub async fn detach(room: &MailRoom, viewer: &Viewer, id: DraftKey, n: i64) -> Result<(), Refusal> {
    let viewer = *viewer;
    Ok(room.store.db.write(move |tx| Box::pin(async move { draft::detach(tx, &viewer, id, n).await })).await?)
}

/// A file of the viewer's draft, with its bytes.
pub async fn bytes(room: &MailRoom, viewer: &Viewer, id: DraftKey, n: i64) -> Result<(File, Bytes), Refusal> {
    let who = *viewer;
    let file = room.store.db.read(move |tx| Box::pin(async move { draft::file(tx, &who, id, n).await })).await?;
    let bytes = room.store.raw(viewer.organisation, file.digest).await?;
    Ok((file, bytes))
}
