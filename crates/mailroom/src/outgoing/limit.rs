//! What may leave by an account in a time (features S5). Counted in the database, so that a restart does not burst.

use crate::MailRoom;
use mail::OrganisationKey;
use store::{
    StoreError,
    account::{Account, Limits},
    limit::{self, Limit, Turn},
};

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// The pace of one account.
pub(crate) struct Pace {
    organisation: OrganisationKey,
    limits: Vec<Limit>,
}

impl Pace {
    /// The pace that these limits allow.
    pub(crate) fn new(account: &Account, limits: Limits) -> Pace {
        let scope = format!("account:{}", account.id);
        let limits = [(limits.per_minute, MINUTE), (limits.per_day, DAY)]
            .into_iter()
            .filter_map(|(max, slot_ms)| Some(Limit { scope: scope.clone(), slot_ms, max: i64::from(max?).max(1) }))
            .collect();
        Pace { organisation: account.organisation, limits }
    }

    /// Counts one message, or says until when it has to wait. Without limits nothing is asked of anybody.
    pub(crate) async fn take(&self, room: &MailRoom, now: i64) -> Result<Option<i64>, StoreError> {
        if self.limits.is_empty() {
            return Ok(None);
        }
        let (organisation, limits) = (self.organisation, self.limits.clone());
        let take =
            room.store.db.write(move |tx| Box::pin(async move { limit::take(tx, organisation, &limits, now).await }));
        Ok(match take.await? {
            Turn::Taken => None,
            Turn::WaitUntil(until) => Some(until),
        })
    }
}
