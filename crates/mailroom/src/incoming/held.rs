//! What a pass writes, it writes as long as the account is ours (reliability §4, 9).

use crate::MailRoom;
use mail::{AccountKey, OrganisationKey};
use store::{StoreError, Tx, Work, account::Account};

/// Under which lease an account is worked on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub(super) organisation: OrganisationKey,
    pub(super) account: AccountKey,
    /// 0: under none, for a person at the machine.
    pub(super) fence: i64,
}

impl From<&Account> for Held {
    fn from(account: &Account) -> Held {
        Held { organisation: account.organisation, account: account.id, fence: account.fence }
    }
}

impl Held {
    /// A unit of work that comes to nothing when another worker got the account meanwhile. Mail is received without this:
    /// a batch names its fence itself, because something else must be locked before.
    pub(super) async fn write<T, F>(self, room: &MailRoom, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Tx) -> Work<'a, T> + Send + 'static,
    {
        let held = store::unit(move |tx| {
            Box::pin(async move {
                store::account::hold(tx, self.organisation, self.account, self.fence).await?;
                work(tx).await
            })
        });
        room.store.db.write(held).await
    }
}
