//! How often something may be asked for one name in an hour, so that nobody's mailbox is filled by strangers.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// More links for one address are not mailed; the answer stays the same.
pub(crate) const LINKS_AN_HOUR: u32 = 3;

const SLOT: Duration = Duration::from_secs(3600);

/// More names than anybody asks for in an hour by right; past it the memory starts anew.
const REMEMBERED: usize = 100_000;

/// Counts per name, over the last hour.
#[derive(Default)]
pub(crate) struct Throttle(Mutex<HashMap<String, (Instant, u32)>>);

impl Throttle {
    /// Whether this is one of the first `most` of the hour that began with the first.
    pub(crate) fn allows(&self, name: &str, most: u32, now: Instant) -> bool {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if names.len() >= REMEMBERED {
            names.clear();
        }
        let (began, count) = names.entry(name.to_owned()).or_insert((now, 0));
        if now.duration_since(*began) >= SLOT {
            (*began, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        *count <= most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_served_again_when_the_hour_is_over() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        let asked = |at| throttle.allows("jan@elders.example", 2, at);
        assert_eq!([asked(now), asked(now), asked(now)], [true, true, false]);
        assert!(throttle.allows("piet@elders.example", 2, now));
        assert!(asked(now + SLOT));
    }
}
