//! Mail that is posted to us: who posts it forgets it once we say that we have it, and posts it again when we don't. So the
//! mail and what proves that this post was taken are kept in one transaction (reliability case 57).

use super::{
    batch::{Gathered, Raw, Told},
    import,
    own::EPOCH,
    pass::{self, PassError},
    pipeline::{self, Job},
    prepare::Reader,
};
use crate::MailRoom;
use bytes::Bytes;
use mail::Flags;
use store::{StoreError, account::Account, folder, mailgun, receive::Item};

/// The folder it goes to.
const INBOX: &str = "INBOX";

/// Takes a mail into the mailbox's inbox. `Conflict` when this post was taken before. The same bytes are the same mail,
/// wherever people have put it since.
pub(crate) async fn take_posted(
    room: &MailRoom,
    account: &Account,
    raw: Bytes,
    post: &mailgun::Post,
) -> Result<(), PassError> {
    // It works beside whoever may have the lease.
    let account = &Account { fence: 0, ..account.clone() };
    let (organisation, id) = (account.organisation, account.id);
    let digest = *blake3::hash(&raw).as_bytes();
    let read = room.store.db.read(move |tx| {
        Box::pin(async move {
            let held = store::receive::held_digests(tx, organisation, id, &[digest]).await?;
            Ok((folder::list(tx, organisation, id).await?, held.contains(&true)))
        })
    });
    let (mut folders, is_held) = read.await?;
    let mut gathered = Gathered::default();
    if !is_held {
        let inbox = import::own_folder(room, account, &mut folders, INBOX).await?;
        gathered.told.push(Told::Item(Item::Epoch(inbox, EPOCH)));
        gathered.told.push(Told::Raw(Raw {
            folder: inbox,
            remote: import::own_id(&raw),
            raw,
            flags: Flags::default(),
            internal_at: Some(room.clock.now()),
            room: None,
        }));
    }
    let job = Job { held: account.into(), backlog: false, since: None, collects: false, one_by_one: false };
    let message_id_key = pass::message_id_key(room, organisation).await?;
    room.desks.suspects.take_up(room).await?;
    let reader = Reader::new(room, account, message_id_key);
    let read = tokio::task::spawn_blocking(move || reader.read(gathered));
    let prepared = read.await.map_err(|error| StoreError::Broken(error.to_string()))?;
    Ok(pipeline::once(room, &job, prepared, post).await?)
}
