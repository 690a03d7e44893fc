//! Makes keys: 43 bits of milliseconds since 2020, 8 bits of node, 12 bits of sequence.

use std::sync::atomic::{AtomicI64, Ordering};

/// 2020-01-01 in milliseconds since 1970.
const BEGINNING: i64 = 1_577_836_800_000;

/// Makes keys that rise with time and never repeat on one node. Two nodes never share a node number (see `meta`).
#[derive(Debug)]
pub struct KeyMaker {
    node: i64,
    last: AtomicI64,
}

impl KeyMaker {
    /// A maker for this node, 0 to 255.
    pub fn new(node: u8) -> KeyMaker {
        KeyMaker { node: i64::from(node), last: AtomicI64::new(0) }
    }

    /// The next key. A clock that was set back does not make it repeat: it goes on from the last one.
    pub fn key(&self, now: i64) -> i64 {
        let wanted = now.saturating_sub(BEGINNING).max(0) << 12;
        let before = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(wanted.max(last + 1)));
        // `fetch_update` with a closure that always gives a value never fails.
        let stamp = before.map_or(wanted, |last| wanted.max(last + 1));
        (stamp >> 12) << 20 | self.node << 12 | (stamp & 0xfff)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_rise_even_when_the_clock_goes_back() {
        let maker = KeyMaker::new(3);
        let times = [1_700_000_000_000, 1_700_000_000_000, 1_600_000_000_000, 1_700_000_000_001];
        let keys: Vec<i64> = times.into_iter().cycle().take(20_000).map(|now| maker.key(now)).collect();
        assert!(keys.is_sorted_by(|a, b| a < b));
    }
}
