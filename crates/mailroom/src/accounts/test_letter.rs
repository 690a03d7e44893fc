//! The letter that a test of an account sends to itself.

use crate::{
    MailRoom,
    words::{Language, Refusal, letter},
};
use bytes::Bytes;
use connect::{Marks, Parcel};
use mail::{Address, MessageId, compose};
use store::{StoreError, account::Account};

/// The letter, ready to go, and by what it is found again.
pub(super) async fn written(room: &MailRoom, account: &Account) -> Result<(MessageId, Parcel), Refusal> {
    let (keys, organisation, now) = (room.store.keys.clone(), account.organisation, room.clock.now());
    let read = room
        .store
        .db
        .read(move |tx| Box::pin(async move { Ok(keys.message_id_key(tx, organisation).await?.to_vec()) }));
    let message_id = crate::outgoing::message_id(&read.await?, organisation, account, now);
    let own = Address::bare(account.settings.address.clone());
    let facts = [("mailbox", account.settings.address.as_str())];
    let draft = compose::Draft {
        message_id: Some(message_id.clone()),
        date_ms: now,
        from: own.clone(),
        to: vec![own],
        subject: letter::TEST.subject.with(&facts).say(Language::Dutch).to_owned(),
        text: Some(letter::TEST.body.with(&facts).say(Language::Dutch).to_owned()),
        auto_submitted: Some(compose::AutoSubmitted::Generated),
        ..compose::Draft::default()
    };
    let bytes = compose::write(&draft).map_err(|error| {
        Refusal::Store(StoreError::Broken(format!("the test message could not be written: {error}")))
    })?;
    let parcel = Parcel {
        return_path: account.settings.address.clone(),
        recipients: vec![account.settings.address.clone()],
        message: Bytes::from(bytes),
        envelope_id: None,
        notify_success: false,
    };
    Ok((message_id, parcel))
}

/// A test message that is lost is only a test that failed.
pub(super) struct NoMarks;

#[async_trait::async_trait]
impl Marks for NoMarks {
    async fn on_the_wire(&self) -> Result<(), String> {
        Ok(())
    }
}
