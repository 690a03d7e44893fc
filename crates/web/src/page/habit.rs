//! Dates, sizes and numbers as the reader writes them.

use jiff::{Timestamp, Zoned, civil::Date, tz::TimeZone};
use mailroom::words::Language;

/// Where the reader's clock hangs, and in which language they read.
#[derive(Debug, Clone)]
pub(crate) struct Habit {
    language: Language,
    zone: TimeZone,
    today: Date,
}

/// A moment: short to read, in full to hover over, and for programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moment {
    /// `14:05`, `gisteren`, `3 mrt`, `3-3-2024`.
    pub(crate) short: String,
    /// `dinsdag 3 maart 2026 14:05`.
    pub(crate) full: String,
    /// RFC 3339, for `datetime`.
    pub(crate) iso: String,
}

const MONTHS: [(&str, &str, &str, &str); 12] = [
    ("jan", "januari", "Jan", "January"),
    ("feb", "februari", "Feb", "February"),
    ("mrt", "maart", "Mar", "March"),
    ("apr", "april", "Apr", "April"),
    ("mei", "mei", "May", "May"),
    ("jun", "juni", "Jun", "June"),
    ("jul", "juli", "Jul", "July"),
    ("aug", "augustus", "Aug", "August"),
    ("sep", "september", "Sep", "September"),
    ("okt", "oktober", "Oct", "October"),
    ("nov", "november", "Nov", "November"),
    ("dec", "december", "Dec", "December"),
];

const DAYS: [(&str, &str); 7] = [
    ("maandag", "Monday"),
    ("dinsdag", "Tuesday"),
    ("woensdag", "Wednesday"),
    ("donderdag", "Thursday"),
    ("vrijdag", "Friday"),
    ("zaterdag", "Saturday"),
    ("zondag", "Sunday"),
];

impl Habit {
    /// The habit of who reads this language in the Low Countries, at this moment (milliseconds since 1970).
    pub(crate) fn new(language: Language, now: i64) -> Habit {
        let zone = mailroom::readers_zone();
        let today = at(now, &zone).date();
        Habit { language, zone, today }
    }

    /// How far the reader's clock is ahead of UTC at that moment, in seconds.
    pub(crate) fn offset_seconds(&self, moment: i64) -> i32 {
        at(moment, &self.zone).offset().seconds()
    }

    /// When something will happen: the time alone when that is today, else the day too.
    pub(crate) fn precise(&self, moment: i64) -> String {
        let there = at(moment, &self.zone);
        let Moment { short, .. } = self.moment(moment);
        let time = format!("{:02}:{:02}", there.hour(), there.minute());
        if short == time { time } else { format!("{time}, {short}") }
    }

    /// A moment in milliseconds since 1970.
    pub(crate) fn moment(&self, moment: i64) -> Moment {
        let there = at(moment, &self.zone);
        let date = there.date();
        let (short_nl, long_nl, short_en, long_en) = MONTHS[usize::from(date.month() as u8 - 1)];
        let (day_nl, day_en) = DAYS[date.weekday().to_monday_zero_offset() as usize];
        let time = format!("{:02}:{:02}", there.hour(), there.minute());
        let (day, year) = (date.day(), date.year());
        let short = match (self.language, self.today == date, self.today.yesterday().is_ok_and(|it| it == date)) {
            (_, true, _) => time.clone(),
            (Language::Dutch, _, true) => "gisteren".to_owned(),
            (Language::English, _, true) => "yesterday".to_owned(),
            (Language::Dutch, ..) if year == self.today.year() => format!("{day} {short_nl}"),
            (Language::English, ..) if year == self.today.year() => format!("{day} {short_en}"),
            (Language::Dutch, ..) => format!("{day}-{}-{year}", date.month()),
            (Language::English, ..) => format!("{day} {short_en} {year}"),
        };
        let full = match self.language {
            Language::Dutch => format!("{day_nl} {day} {long_nl} {year} {time}"),
            Language::English => format!("{day_en} {day} {long_en} {year} {time}"),
        };
        Moment { short, full, iso: there.timestamp().to_string() }
    }

    /// The moment that the reader's clock shows so, as a field of the page gives it (`2026-11-02T09:30`). What a clock
    /// shows twice is the first time; what it skips comes after the gap (reliability case 47).
    pub(crate) fn instant(&self, shown: &str) -> Option<i64> {
        let there: jiff::civil::DateTime = shown.parse().ok()?;
        Some(there.to_zoned(self.zone.clone()).ok()?.timestamp().as_millisecond())
    }

    /// The moment at which it is that hour for the reader, so many days from today.
    pub(crate) fn in_days(&self, days: i64, hour: i8) -> Option<i64> {
        let day = self.today.checked_add(jiff::Span::new().try_days(days).ok()?).ok()?;
        Some(day.at(hour, 0, 0, 0).to_zoned(self.zone.clone()).ok()?.timestamp().as_millisecond())
    }

    /// How many days it is until the next Monday; seven when it is Monday.
    pub(crate) fn days_to_monday(&self) -> i64 {
        7 - i64::from(self.today.weekday().to_monday_zero_offset())
    }

    /// A size in bytes: `1,2 MB` in Dutch, `1.2 MB` in English; a thousand at a time, as files are sold.
    pub(crate) fn size(&self, bytes: i64) -> String {
        let (mut amount, mut unit) = (bytes.max(0) as f64, "B");
        for next in ["kB", "MB", "GB", "TB"] {
            if amount < 999.5 {
                break;
            }
            (amount, unit) = (amount / 1000.0, next);
        }
        let text = if unit == "B" || amount >= 9.95 { format!("{amount:.0}") } else { format!("{amount:.1}") };
        format!("{} {unit}", self.decimal(&text))
    }

    /// How long something took, in milliseconds: `0,4 s` in Dutch.
    pub(crate) fn seconds(&self, milliseconds: u64) -> String {
        let text = match milliseconds {
            0..10_000 => format!("{:.1}", milliseconds as f64 / 1000.0),
            _ => format!("{:.0}", milliseconds as f64 / 1000.0),
        };
        format!("{} s", self.decimal(&text))
    }

    /// A share from 0 to 1: `99,8 %` in Dutch. What is not all is never rounded up to it.
    pub(crate) fn percent(&self, share: f64) -> String {
        let tenths = (share.clamp(0.0, 1.0) * 1000.0).floor();
        let text = if tenths % 10.0 == 0.0 { format!("{:.0}", tenths / 10.0) } else { format!("{:.1}", tenths / 10.0) };
        format!("{} %", self.decimal(&text))
    }

    /// The reader's day of a moment, as a date field takes it: `2026-03-03`.
    pub(crate) fn date(&self, moment: i64) -> String {
        at(moment, &self.zone).date().to_string()
    }

    /// The first day of the reader's year, as a date field takes it.
    pub(crate) fn first_of_year(&self) -> String {
        self.today.first_of_year().to_string()
    }

    /// The moment at which a day of a date field begins for the reader.
    pub(crate) fn midnight(&self, day: &str) -> Option<Timestamp> {
        let day: Date = day.trim().parse().ok()?;
        Some(day.to_zoned(self.zone.clone()).ok()?.timestamp())
    }

    /// A whole number: `100.000` in Dutch, `100,000` in English.
    pub(crate) fn number(&self, number: i64) -> String {
        let digits = number.unsigned_abs().to_string();
        let mut grouped = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                grouped.push(if self.language == Language::Dutch { '.' } else { ',' });
            }
            grouped.push(digit);
        }
        if number < 0 { format!("-{grouped}") } else { grouped }
    }

    fn decimal(&self, text: &str) -> String {
        if self.language == Language::Dutch { text.replace('.', ",") } else { text.to_owned() }
    }
}

fn at(moment: i64, zone: &TimeZone) -> Zoned {
    Timestamp::from_millisecond(moment).unwrap_or_default().to_zoned(zone.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_off_comes_back_in_the_morning_of_the_reader() {
        // Tuesday 24 March 2026, 22:30 in Amsterdam; summer time begins on the Sunday.
        let habit = Habit::new(Language::Dutch, 1_774_387_800_000);
        let back = |days| habit.in_days(days, 8).map(|moment| habit.moment(moment).full);
        assert_eq!(back(1).as_deref(), Some("woensdag 25 maart 2026 08:00"));
        assert_eq!(back(habit.days_to_monday()).as_deref(), Some("maandag 30 maart 2026 08:00"));
    }

    /// Tuesday 3 March 2026, 14:05 in Amsterdam.
    const NOW: i64 = 1_772_543_100_000;
    const DAY: i64 = 86_400_000;

    fn short(language: Language, before: i64) -> String {
        Habit::new(language, NOW).moment(NOW - before).short
    }

    #[test]
    fn a_moment_is_told_as_briefly_as_is_clear() {
        assert_eq!(short(Language::Dutch, 0), "14:05");
        assert_eq!(short(Language::Dutch, DAY), "gisteren");
        assert_eq!(short(Language::Dutch, 20 * DAY), "11 feb");
        assert_eq!(short(Language::Dutch, 365 * DAY), "3-3-2025");
        assert_eq!(short(Language::English, DAY), "yesterday");
        assert_eq!(short(Language::English, 365 * DAY), "3 Mar 2025");
        assert_eq!(Habit::new(Language::Dutch, NOW).moment(NOW).full, "dinsdag 3 maart 2026 14:05");
    }

    #[test]
    fn the_day_changes_at_midnight_here_and_not_in_greenwich() {
        // 00:30 in Amsterdam is still the day before in UTC.
        let half_past_midnight = NOW - 13 * 3_600_000 - 35 * 60_000;
        assert_eq!(short(Language::Dutch, NOW - half_past_midnight), "00:30");
        assert_eq!(short(Language::Dutch, NOW - half_past_midnight + 3_600_000), "gisteren");
    }

    #[test]
    fn a_chosen_moment_is_the_reader_s_own_also_when_the_clocks_change() {
        let habit = Habit::new(Language::Dutch, NOW);
        assert_eq!(habit.instant("2026-03-03T14:05"), Some(NOW));
        let full = |shown: &str| habit.moment(habit.instant(shown).unwrap()).full;
        assert_eq!(full("2026-03-29T02:30"), "zondag 29 maart 2026 03:30");
        assert_eq!(full("2026-10-25T02:30"), "zondag 25 oktober 2026 02:30");
        assert_eq!(habit.instant("morgen"), None);
    }

    #[test]
    fn sizes_and_numbers_have_the_reader_s_comma() {
        let (dutch, english) = (Habit::new(Language::Dutch, NOW), Habit::new(Language::English, NOW));
        assert_eq!(dutch.size(1_234_567), "1,2 MB");
        assert_eq!(english.size(1_234_567), "1.2 MB");
        assert_eq!(dutch.size(999_999), "1,0 MB");
        assert_eq!(dutch.size(812), "812 B");
        assert_eq!(dutch.number(100_000), "100.000");
        assert_eq!(english.number(1_234), "1,234");
        assert_eq!(dutch.number(7), "7");
        assert_eq!((dutch.seconds(412), english.seconds(12_400)), ("0,4 s".to_owned(), "12 s".to_owned()));
        assert_eq!((dutch.percent(1.0), dutch.percent(0.9999)), ("100 %".to_owned(), "99,9 %".to_owned()));
    }

    #[test]
    fn a_day_of_a_date_field_is_the_reader_s_own() {
        let dutch = Habit::new(Language::Dutch, NOW);
        let midnight = dutch.midnight("2026-03-03").expect("a day").as_millisecond();
        assert_eq!(midnight, NOW - 14 * 3_600_000 - 5 * 60_000);
        assert_eq!((dutch.date(midnight), dutch.first_of_year()), ("2026-03-03".to_owned(), "2026-01-01".to_owned()));
        assert_eq!(dutch.midnight("gisteren"), None);
    }
}
