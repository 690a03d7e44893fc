//! The way out of a mailbox of our own (features M15): it reaches the other mailboxes of our own and nobody else. Who wants
//! to write to the world connects the organisation's mailbox.

use crate::{MailRoom, incoming};
use async_trait::async_trait;
use connect::{
    ConnectError, Marks, Parcel, Receipt, RecipientReceipt, ServerWords, Transport,
    error::{Cause, Step},
};
use mail::address::fold_address;
use store::account;

/// Reaches what lies here.
pub(super) struct OwnTransport(pub(super) MailRoom);

impl OwnTransport {
    async fn hand_to(&self, address: &str, parcel: &Parcel) -> Result<ServerWords, ConnectError> {
        let room = &self.0;
        let folded = fold_address(address);
        let read = room.store.db.read(move |tx| {
            Box::pin(async move {
                match account::by_own_address(tx, &folded).await?.filter(|own| own.takes_mail) {
                    Some(own) => account::load(tx, own.organisation, own.account).await.map(Some),
                    None => Ok(None),
                }
            })
        });
        let Some(account) = read.await.map_err(later)? else {
            let words = "the temporary mailbox only reaches addresses of this Postkamer".to_owned();
            return Err(ConnectError::Refused { cause: Cause::OnlyHere, words: ServerWords(words) });
        };
        incoming::deliver(room, &account, parcel.message.clone()).await.map_err(later)?;
        Ok(ServerWords("delivered here".to_owned()))
    }
}

#[async_trait]
impl Transport for OwnTransport {
    async fn submit(&self, parcel: Parcel, marks: &dyn Marks) -> Result<Receipt, ConnectError> {
        marks.on_the_wire().await.map_err(later)?;
        let mut recipients = Vec::with_capacity(parcel.recipients.len());
        for address in &parcel.recipients {
            let outcome = self.hand_to(address, &parcel).await;
            recipients.push(RecipientReceipt { address: address.clone(), outcome });
        }
        Ok(Receipt { recipients, server_said: ServerWords("delivered here".to_owned()), code: 0 })
    }

    async fn probe(&self) -> Result<ServerWords, ConnectError> {
        Ok(ServerWords(String::new()))
    }

    async fn close(&self) {}
}

/// Delivering the same bytes twice does no harm, so what went wrong on our side is simply tried again.
fn later(error: impl ToString) -> ConnectError {
    ConnectError::Later { step: Step::Work, cause: Cause::Dropped, wait: None, reason: error.to_string() }
}
