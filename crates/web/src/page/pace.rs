//! How fast long work goes, and how long it still takes.

use super::{habit::Habit, words::words};
use mailroom::words::Language;
use std::time::Duration;

words! {
    /// The pace of long work.
    Say {
        pace(rate, left) "{rate} per seconde, nog ongeveer {left}" "{rate} a second, about {left} left";
        seconds(count) "{count} seconde|{count} seconden" "{count} second|{count} seconds";
        minutes(count) "{count} minuut|{count} minuten" "{count} minute|{count} minutes";
        hours(count) "{count} uur|{count} uur" "{count} hour|{count} hours";
    }
}

/// The rate and the time that is left, once they can be told: `done` took so long, and `left` is to come.
pub(crate) fn told(done: u64, left: u64, took: Duration, language: Language, habit: &Habit) -> Option<String> {
    let (say, seconds) = (Say(language), took.as_secs_f64());
    let rate = done as f64 / seconds;
    if left == 0 || done == 0 || seconds < 1.0 || rate < 0.1 {
        return None;
    }
    let shown = if rate >= 1.0 { rate.round() as i64 } else { 1 };
    let left_seconds = (left as f64 / rate).round() as u64;
    let left = match left_seconds {
        0..=90 => say.seconds(left_seconds.max(1)),
        91..=5400 => say.minutes(left_seconds.div_ceil(60)),
        _ => say.hours(left_seconds.div_ceil(3600)),
    };
    Some(say.pace(habit.number(shown), left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_that_is_left_follows_from_the_rate_so_far() {
        let habit = Habit::new(Language::Dutch, 0);
        let tell = |done, left, seconds| told(done, left, Duration::from_secs(seconds), Language::Dutch, &habit);
        assert_eq!(tell(12_000, 60_000, 10).as_deref(), Some("1.200 per seconde, nog ongeveer 50 seconden"));
        assert_eq!(tell(1_000, 60_000, 10).as_deref(), Some("100 per seconde, nog ongeveer 10 minuten"));
        assert_eq!(tell(0, 60_000, 10), None);
        assert_eq!(tell(60, 0, 10), None);
    }
}
