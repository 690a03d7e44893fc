//! Reads a batch of raw messages: digest, parts, words. The second of the three stages, on a thread of its own.

use super::batch::{Gathered, Raw, Told, Unreadable};
use bytes::Bytes;
use mail::{MessageId, OrganisationKey, message::Origin, report::Report};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};
use store::receive::{Ids, Incoming, Item};

/// What reading needs to know.
#[derive(Clone)]
pub(super) struct Reader {
    pub(super) organisation: OrganisationKey,
    pub(super) message_id_key: Arc<Vec<u8>>,
}

/// A batch that was read; the bytes still have to be stored.
pub(super) struct Prepared {
    pub(super) items: Vec<Item>,
    /// Digest and bytes of each message, in the order of the items.
    pub(super) bytes: Vec<([u8; 32], Bytes)>,
    pub(super) reports: Vec<([u8; 32], Report)>,
    pub(super) unreadable: Vec<Unreadable>,
    pub(super) progress: Vec<(mail::FolderKey, u64, u64)>,
    /// Memory on loan, given back when the bytes are stored.
    pub(super) room: Vec<tokio::sync::OwnedSemaphorePermit>,
}

impl Reader {
    /// Reads the whole batch. A message whose reading panics is set aside; the others go on.
    pub(super) fn read(&self, gathered: Gathered) -> Prepared {
        let mut prepared = Prepared {
            items: Vec::with_capacity(gathered.told.len()),
            bytes: Vec::new(),
            reports: Vec::new(),
            unreadable: gathered.unreadable,
            progress: gathered.progress,
            room: Vec::new(),
        };
        for told in gathered.told {
            match told {
                Told::Item(item) => prepared.items.push(item),
                Told::Raw(raw) => self.read_one(raw, &mut prepared),
            }
        }
        prepared
    }

    fn read_one(&self, raw: Raw, prepared: &mut Prepared) {
        let digest = *blake3::hash(&raw.raw).as_bytes();
        prepared.bytes.push((digest, raw.raw.clone()));
        prepared.room.extend(raw.room);
        let read = catch_unwind(AssertUnwindSafe(|| {
            let read = mail::parse::digest(&raw.raw);
            let report = match read.message.origin {
                Origin::Report | Origin::AutoReply => mail::report::read(&read.message, &raw.raw),
                _ => None,
            };
            (read, report)
        }));
        let Ok((read, report)) = read else {
            let reason = "De inhoud kon niet worden gelezen. / The contents could not be read.".to_owned();
            let (folder, remote) = (raw.folder, raw.remote);
            let digest = Some(digest);
            prepared.unreadable.push(Unreadable { folder, remote, code: "unreadable", reason, digest });
            return;
        };
        prepared.reports.extend(report.map(|report| (digest, report)));
        let ids = Ids::of(&read.message, |id| self.trusts(id));
        prepared.items.push(Item::Message(Box::new(Incoming {
            folder: raw.folder,
            remote: raw.remote,
            flags: raw.flags,
            internal_at: raw.internal_at,
            digest,
            size: raw.raw.len() as u64,
            blob: None,
            message: read.message,
            preview: read.preview,
            search: read.search,
            ids,
        })));
    }

    /// An id that looks like ours must carry our signature: a made-up one opens nobody's conversation.
    fn trusts(&self, id: &MessageId) -> bool {
        !mail::thread::is_ours(id) || mail::thread::verify(&self.message_id_key, self.organisation, id).is_some()
    }
}
