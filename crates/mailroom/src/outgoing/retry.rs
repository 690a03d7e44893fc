//! When a mail that could not go is tried again, and when we give up (reliability case 37).

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// Given up after this long.
pub const GIVE_UP_AFTER: i64 = 5 * 24 * HOUR;
/// The author is told of the delay after this long.
pub const NOTICE_AFTER: i64 = 4 * HOUR;
/// The pauses between tries; the last one goes on for ever.
const PAUSES: [i64; 7] = [MINUTE, 3 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR];
/// When an uncertain mail is looked for (reliability rule 17).
const LOOKS: [i64; 4] = [MINUTE, 5 * MINUTE, 15 * MINUTE, 60 * MINUTE];
/// When a sent copy that failed is tried again.
const COPIES: [i64; 6] = [MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR, 12 * HOUR];

/// What to do after a try that may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Try again at this moment.
    TryAt(i64),
    /// It has taken too long.
    GiveUp,
}

/// When to try again after `tries` tries, the first at `first_try_at`. A time that the server named is kept to; `dice`
/// (0 to 1) spreads what failed together over an eighth of the pause.
pub fn next_try(tries: i64, first_try_at: i64, now: i64, server_wait: Option<i64>, dice: f64) -> Next {
    let last = first_try_at + GIVE_UP_AFTER;
    if now >= last {
        return Next::GiveUp;
    }
    let pause = PAUSES[(tries.max(1) as usize - 1).min(PAUSES.len() - 1)];
    let spread = (pause as f64 / 8.0 * dice.clamp(0.0, 1.0)) as i64;
    let pause = server_wait.map_or(pause, |wait| wait.clamp(0, 24 * HOUR)).max(1000) + spread;
    // The last try is at the end of the five days, not hours before it.
    Next::TryAt((now + pause).min(last))
}

/// Whether the author should now be told of the delay.
pub fn notice_is_due(first_try_at: i64, now: i64, noticed_at: Option<i64>) -> bool {
    noticed_at.is_none() && now - first_try_at >= NOTICE_AFTER
}

/// When to look again for an uncertain mail after `looks` looks, or `None` when a person must decide.
pub fn next_look(looks: i64, uncertain_since: i64) -> Option<i64> {
    LOOKS.get(usize::try_from(looks).ok()?).map(|pause| uncertain_since + pause)
}

/// When to try the sent copy again after `tries` tries, or `None` when it is left.
pub fn next_copy(tries: i64, now: i64) -> Option<i64> {
    COPIES.get(usize::try_from(tries).ok()?.saturating_sub(1)).map(|pause| now + pause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_tried_for_five_days_with_growing_pauses_and_then_given_up() {
        let (mut now, mut tries, mut before) = (0, 0, 0);
        loop {
            tries += 1;
            match next_try(tries, 0, now, None, 0.5) {
                Next::TryAt(at) => {
                    assert!(at > now);
                    assert!(at - now >= before || at == GIVE_UP_AFTER, "pauses never shrink");
                    before = at - now;
                    now = at;
                }
                Next::GiveUp => break,
            }
        }
        assert_eq!(now, GIVE_UP_AFTER);
        assert!((20..60).contains(&tries), "{tries} tries");
    }

    #[test]
    fn the_server_s_own_time_counts() {
        assert_eq!(next_try(1, 0, 0, Some(10 * MINUTE), 0.0), Next::TryAt(10 * MINUTE));
        assert_eq!(next_try(7, 0, 0, Some(0), 0.0), Next::TryAt(1000));
    }

    #[test]
    fn the_author_is_told_once_after_four_hours() {
        assert!(!notice_is_due(0, NOTICE_AFTER - 1, None));
        assert!(notice_is_due(0, NOTICE_AFTER, None));
        assert!(!notice_is_due(0, 2 * NOTICE_AFTER, Some(NOTICE_AFTER)));
    }

    #[test]
    fn doubt_is_looked_into_four_times_within_the_hour() {
        let looks: Vec<_> = (0..6).map(|looks| next_look(looks, 0)).collect();
        assert_eq!(looks, [Some(MINUTE), Some(5 * MINUTE), Some(15 * MINUTE), Some(HOUR), None, None]);
    }
}
