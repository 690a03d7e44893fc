//! Days as people write them.

use super::Now;
use crate::calendar::{self, DAY};

/// The first millisecond of a day: `2026-05-01`, `1-5-2026`, `2026`, `2026-05`, `today`, `gisteren`, `7d`.
pub(super) fn read(text: &str, now: Now) -> Option<i64> {
    let offset = i64::from(now.offset_seconds);
    let today = now.at_ms.div_euclid(1000).saturating_add(offset).div_euclid(DAY);
    let text = text.to_lowercase();
    let day = match text.as_str() {
        "today" | "vandaag" => today,
        "yesterday" | "gisteren" => today - 1,
        "eergisteren" => today - 2,
        "tomorrow" | "morgen" => today + 1,
        "week" => today - 7,
        "month" | "maand" => today - 30,
        "year" | "jaar" => today - 365,
        _ => ago(&text, today).or_else(|| written(&text))?,
    };
    day.checked_mul(DAY)?.checked_sub(offset)?.checked_mul(1000)
}

/// `7d`, `2w`, `3m`, `1y` (or `1j`): that long before today.
fn ago(text: &str, today: i64) -> Option<i64> {
    let number = text.trim_end_matches(|c: char| c.is_alphabetic());
    let length = match &text[number.len()..] {
        "d" => 1,
        "w" => 7,
        "m" => 30,
        "y" | "j" => 365,
        _ => return None,
    };
    let number: i64 = number.parse().ok().filter(|number| (0..10_000).contains(number))?;
    today.checked_sub(number * length)
}

fn written(text: &str) -> Option<i64> {
    let mut numbers = text.split(['-', '/', '.']).map(|part| part.parse::<i64>().ok());
    let first = numbers.next()??;
    let (second, third) = match (numbers.next(), numbers.next()) {
        (Some(second), Some(third)) => (second?, third?),
        (Some(second), None) if first > 31 => (second?, 1),
        (None, None) if first > 1000 => (1, 1),
        _ => return None,
    };
    if numbers.next().is_some() {
        return None;
    }
    if first > 31 { calendar::days(first, second, third) } else { calendar::days(third, second, first) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_where_the_person_is() {
        // 21 November 2026, 23:30 UTC: in Amsterdam it is the 22nd already.
        let now = Now { at_ms: (20_778 * DAY + 23 * 3600 + 1800) * 1000, offset_seconds: 3600 };
        let midnight = |day: i64| Some((day * DAY - 3600) * 1000);
        assert_eq!(read("today", now), midnight(20_779));
        assert_eq!(read("Gisteren", now), midnight(20_778));
        assert_eq!(read("2026-11-21", now), midnight(20_778));
        assert_eq!(read("21-11-2026", now), midnight(20_778));
        assert_eq!(read("2026-11", now), midnight(20_758));
        assert_eq!(read("7d", now), midnight(20_772));
        assert_eq!(read("1970-01-01", Now::default()), Some(0));
        for bad in ["2026-02-30", "5", "vorige keer", "1-2-3-4", "", "9999999999999999999d", "-"] {
            assert_eq!(read(bad, now), None, "{bad}");
        }
    }
}
