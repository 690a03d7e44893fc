//! Reads a batch of raw messages: digest, parts, words. The second of the three stages, on a thread of its own.

use super::{
    batch::{Gathered, Raw, Told, Unreadable},
    suspect::Suspects,
};
use crate::{MailRoom, killpoint};
use bytes::Bytes;
use mail::{
    AccountKey, Message, MessageId, OrganisationKey,
    message::Origin,
    parse::Digested,
    report::{Action, Report},
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::Arc,
};
use store::{
    Db,
    account::Account,
    receive::{Ids, Incoming, Item},
};
use zeroize::Zeroizing;

/// What reading needs to know.
#[derive(Clone)]
pub(super) struct Reader {
    organisation: OrganisationKey,
    account: AccountKey,
    message_id_key: Arc<Zeroizing<Vec<u8>>>,
    suspects: Suspects,
    data: Arc<PathBuf>,
    db: Db,
}

/// A batch that was read; the bytes still have to be stored.
#[derive(Default)]
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

/// A message that came back, as read.
pub(super) struct Returned {
    pub(super) message: Message,
    pub(super) report: Option<Report>,
    /// What it means when it is no report that can be read.
    pub(super) unread: Option<Action>,
}

/// Reads one message for nothing but to see that it can be read: a child process does this with mail that may have
/// killed its parent.
pub fn read_message(raw: &[u8]) {
    drop(read(raw));
}

fn read(raw: &[u8]) -> (Digested, Option<Report>) {
    #[cfg(debug_assertions)]
    super::suspect::die_of_poison(raw);
    let read = mail::parse::digest(raw);
    let report = match read.message.origin {
        Origin::Report | Origin::AutoReply => mail::report::read(&read.message, raw),
        _ => None,
    };
    (read, report)
}

impl Reader {
    /// Reads the mail of this account.
    pub(super) fn new(room: &MailRoom, account: &Account, message_id_key: Arc<Zeroizing<Vec<u8>>>) -> Reader {
        Reader {
            organisation: account.organisation,
            account: account.id,
            message_id_key,
            suspects: room.desks.suspects.clone(),
            data: room.store.data.clone(),
            db: room.store.db.clone(),
        }
    }

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
        let digests = gathered.told.iter().filter_map(|told| match told {
            Told::Raw(raw) => Some(*blake3::hash(&raw.raw).as_bytes()),
            Told::Item(_) => None,
        });
        let digests: Vec<[u8; 32]> = digests.collect();
        killpoint!("read.before_mark");
        let mark = self.suspects.mark(&self.data, self.organisation, self.account, &digests);
        killpoint!("read.after_mark");
        let mut digest = digests.into_iter();
        for told in gathered.told {
            match told {
                Told::Item(item) => prepared.items.push(item),
                Told::Raw(raw) => self.read_one(raw, digest.next().unwrap_or_default(), &mut prepared),
            }
        }
        killpoint!("read.before_end");
        drop(mark);
        prepared
    }

    /// Reads one message that came back to a return path of ours; `None` when that can't be done.
    pub(super) fn alone(&self, raw: &Bytes) -> Option<Returned> {
        let digest = *blake3::hash(raw).as_bytes();
        let mark = self.suspects.mark(&self.data, self.organisation, self.account, &[digest]);
        let read = self.carefully(digest, raw, || {
            let (read, report) = read(raw);
            let unread = if report.is_none() { mail::report::unread(&read.message, raw) } else { None };
            Returned { message: read.message, report, unread }
        });
        drop(mark);
        read
    }

    fn carefully<T>(&self, digest: [u8; 32], raw: &[u8], read: impl FnOnce() -> T) -> Option<T> {
        let may_be_read = !self.suspects.has(&digest)
            || self.suspects.survives(&self.db, self.organisation, self.account, digest, raw);
        may_be_read.then(|| catch_unwind(AssertUnwindSafe(read)).ok()).flatten()
    }

    fn read_one(&self, raw: Raw, digest: [u8; 32], prepared: &mut Prepared) {
        prepared.bytes.push((digest, raw.raw.clone()));
        prepared.room.extend(raw.room);
        let Some((read, report)) = self.carefully(digest, &raw.raw, || read(&raw.raw)) else {
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
