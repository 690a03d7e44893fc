//! What this node did since it started, for those who watch it. Everything here can be lost; nothing is decided by it.

use crate::incoming::Fetched;
use connect::relay::Traffic;
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU64, Ordering},
};
use store::outbox::Verdict;

macro_rules! tallies {
    ($($name:ident $metric:literal $help:literal;)*) => {
        /// Counts that only rise.
        #[derive(Debug, Default)]
        pub struct Tally {
            $($name: AtomicU64,)*
            door: OnceLock<Arc<Traffic>>,
        }

        impl Tally {
            /// Every count as it stands: its name as Prometheus wants it, what it says, and the count.
            pub fn counts(&self) -> Vec<(&'static str, &'static str, u64)> {
                let mut counts = vec![$(($metric, $help, self.$name.load(Ordering::Relaxed)),)*];
                counts.extend(self.door.get().map(|door| door.counts()).into_iter().flatten());
                counts
            }
        }
    };
}

tallies! {
    passes "postkamer_sync_passes_total" "Passes over an account that came to their end.";
    failed_passes "postkamer_sync_passes_failed_total" "Passes over an account that ended in an error.";
    fetched "postkamer_sync_messages_fetched_total" "Messages that came, in whatever folder.";
    updated "postkamer_sync_messages_updated_total" "Messages whose flags changed at the server.";
    removed "postkamer_sync_messages_removed_total" "Messages that left a folder at the server.";
    tried "postkamer_outbox_tries_total" "Tries to hand a submission to its next hop.";
    accepted "postkamer_outbox_recipients_accepted_total" "Recipients that a next hop took.";
    put_off "postkamer_outbox_recipients_put_off_total" "Recipients that are tried again later.";
    failed "postkamer_outbox_recipients_failed_total" "Recipients refused for good, or given up.";
    uncertain "postkamer_outbox_recipients_uncertain_total" "Recipients of whom no answer came after the last byte.";
}

impl Tally {
    /// Mail is taken in by SMTP here; told once.
    pub(crate) fn watch_door(&self, traffic: Arc<Traffic>) {
        let _ = self.door.set(traffic);
    }

    pub(crate) fn pass(&self, went_well: bool) {
        let count = if went_well { &self.passes } else { &self.failed_passes };
        count.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn brought(&self, fetched: Fetched) {
        self.fetched.fetch_add(fetched.fetched, Ordering::Relaxed);
        self.updated.fetch_add(fetched.updated, Ordering::Relaxed);
        self.removed.fetch_add(fetched.removed, Ordering::Relaxed);
    }

    pub(crate) fn sent<'a>(&self, verdicts: impl Iterator<Item = &'a Verdict>) {
        self.tried.fetch_add(1, Ordering::Relaxed);
        for verdict in verdicts {
            let count = match verdict {
                Verdict::Accepted => &self.accepted,
                Verdict::Retry => &self.put_off,
                Verdict::Failed => &self.failed,
                Verdict::Uncertain => &self.uncertain,
            };
            count.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_is_counted_under_its_own_name() {
        let tally = Tally::default();
        tally.sent([Verdict::Accepted, Verdict::Accepted, Verdict::Retry, Verdict::Failed, Verdict::Uncertain].iter());
        tally.pass(false);
        tally.brought(Fetched { fetched: 7, updated: 2, removed: 1 });
        let counts: Vec<u64> = tally.counts().into_iter().map(|(_, _, count)| count).collect();
        assert_eq!(counts, [0, 1, 7, 2, 1, 1, 2, 1, 1, 1]);
        let mut names: Vec<_> = tally.counts().into_iter().map(|(name, ..)| name).collect();
        names.dedup();
        assert_eq!(names.len(), 10);
    }
}
