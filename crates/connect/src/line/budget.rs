//! What may be asked in a minute, where a provider counts: whoever would ask too much waits here instead of being refused.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// A minute's worth of units, that fills up as time passes.
#[derive(Debug)]
pub(crate) struct Budget {
    a_minute: f64,
    /// What is there, as of when. Below nothing: somebody waits for it already.
    held: Mutex<(f64, Instant)>,
}

impl Budget {
    /// A full one.
    pub fn new(a_minute: u32) -> Budget {
        let a_minute = f64::from(a_minute.max(1));
        Budget { a_minute, held: Mutex::new((a_minute, Instant::now())) }
    }

    /// Takes so many units, after as long as it takes to have them.
    pub async fn spend(&self, units: u32) {
        tokio::time::sleep(self.take(units, Instant::now())).await;
    }

    fn take(&self, units: u32, now: Instant) -> Duration {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = now.saturating_duration_since(held.1).as_secs_f64();
        let there = (held.0 + passed * self.a_minute / 60.0).min(self.a_minute) - f64::from(units);
        *held = (there, now);
        if there >= 0.0 { Duration::ZERO } else { Duration::from_secs_f64(-there * 60.0 / self.a_minute) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_more_than_a_minutes_worth_waits_as_long_as_it_takes_to_fill_up() {
        let (budget, now) = (Budget::new(600), Instant::now());
        assert_eq!(budget.take(600, now), Duration::ZERO);
        assert_eq!(budget.take(5, now).as_millis(), 500);
        assert_eq!(budget.take(5, now).as_secs(), 1, "the second waits behind the first");
        let later = now + Duration::from_secs(31);
        assert_eq!(budget.take(300, later), Duration::ZERO);
    }
}
