//! What a FETCH response says of one message (RFC 9051 §7.5.2).

use super::token::{Scanner, Word};
use bytes::Bytes;
use mail::Flags;

/// The items of a FETCH response that we use; everything else is stepped over.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fetched {
    /// Place in the folder, from 1; changes with every EXPUNGE.
    pub sequence: u32,
    /// UID.
    pub uid: Option<u32>,
    /// FLAGS.
    pub flags: Option<Flags>,
    /// INTERNALDATE in milliseconds since 1970.
    pub internal_at: Option<i64>,
    /// RFC822.SIZE.
    pub size: Option<u64>,
    /// MODSEQ (RFC 7162).
    pub modseq: Option<u64>,
    /// X-GM-MSGID: Gmail's identifier of the letter, the same in every folder
    /// (developers.google.com/workspace/gmail/imap/imap-extensions).
    pub letter: Option<u64>,
    /// X-GM-LABELS, as they stand on the line.
    pub labels: Option<Vec<String>>,
    /// BODY[] when the response has it.
    pub body: Option<Body>,
}

/// The whole message as the server gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// It said NIL.
    Nil,
    /// The bytes, maybe none.
    Bytes(Bytes),
}

/// Reads the parenthesised list of a FETCH response.
pub fn read(sequence: u32, scanner: &mut Scanner<'_>) -> Fetched {
    let mut fetched = Fetched { sequence, ..Fetched::default() };
    scanner.eat(b'(');
    loop {
        match scanner.peek() {
            None | Some(b')') => return fetched,
            Some(b'(') => {
                scanner.skip();
                continue;
            }
            Some(_) => {}
        }
        let name = scanner.item_name().to_ascii_uppercase();
        match name.as_slice() {
            b"UID" => fetched.uid = scanner.number().and_then(|uid| u32::try_from(uid).ok()).filter(|uid| *uid > 0),
            b"FLAGS" => fetched.flags = Some(flags(scanner)),
            b"INTERNALDATE" => fetched.internal_at = scanner.word().and_then(|word| date(&word.text()?)),
            b"RFC822.SIZE" => fetched.size = scanner.number(),
            b"MODSEQ" => {
                let open = scanner.eat(b'(');
                fetched.modseq = scanner.number();
                if open {
                    scanner.eat(b')');
                }
            }
            b"X-GM-MSGID" => fetched.letter = scanner.number(),
            b"X-GM-LABELS" => fetched.labels = Some(texts(scanner)),
            b"BODY[]" | b"BODY[]<0>" | b"BINARY[]" | b"RFC822" => fetched.body = scanner.word().map(body),
            _ => scanner.skip(),
        }
    }
}

/// Reads a flag list. Brackets and 8-bit characters in a flag are kept: they are somebody's label.
pub fn flags(scanner: &mut Scanner<'_>) -> Flags {
    Flags::from_imap(texts(scanner).iter().map(String::as_str))
}

/// Reads a list of strings, in whatever form each of them stands.
fn texts(scanner: &mut Scanner<'_>) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    if scanner.eat(b'(') {
        while let Some(word) = scanner.word() {
            texts.extend(word.text().map(|text| text.into_owned()));
        }
        scanner.eat(b')');
    }
    texts
}

fn body(word: Word<'_>) -> Body {
    match word {
        Word::Nil => Body::Nil,
        Word::Atom(bytes) => Body::Bytes(Bytes::copy_from_slice(bytes)),
        Word::Quoted(bytes) => Body::Bytes(Bytes::from(bytes.into_owned())),
        Word::Literal(bytes) => Body::Bytes(bytes),
    }
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Milliseconds since 1970 of an INTERNALDATE such as `" 2-Oct-2016 17:28:25 -0400"`, padded or not.
pub fn date(text: &str) -> Option<i64> {
    let mut words = text.split_ascii_whitespace();
    let mut day = words.next()?.split('-');
    let (number, month, year) = (day.next()?.parse::<i64>().ok()?, day.next()?, day.next()?.parse::<i64>().ok()?);
    let month = MONTHS.iter().position(|name| name.eq_ignore_ascii_case(month))? as i64 + 1;
    let mut clock = words.next()?.split(':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next().unwrap_or(Some(0))?);
    if !(1..=31).contains(&number)
        || !(0..24).contains(&hour)
        || !(0..60).contains(&minute)
        || !(0..61).contains(&second)
    {
        return None;
    }
    let offset = words.next().map_or(Some(0), zone)?;
    let days = days_before(year, month)? + number - 1;
    Some(((days * 24 + hour) * 3600 + minute * 60 + second - offset) * 1000)
}

fn zone(text: &str) -> Option<i64> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return Some(0),
    };
    let number = digits.parse::<i64>().ok()?;
    (number <= 2359).then_some(sign * (number / 100 * 3600 + number % 100 * 60))
}

/// Days from 1970-01-01 to the first of the month, by the proleptic Gregorian calendar.
fn days_before(year: i64, month: i64) -> Option<i64> {
    if !(1..=9999).contains(&year) {
        return None;
    }
    // The year begins in March, so that the leap day is its last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    Some(year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 - 719_468)
}

/// An instant as APPEND wants it, in UTC.
pub fn date_text(at: i64) -> String {
    let seconds = at.div_euclid(1000);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let year = (1970 + days.div_euclid(366) - 1..).find(|year| days_before(year + 1, 1).is_none_or(|next| next > days));
    let year = year.unwrap_or(1970);
    let month = (1..=12).rev().find(|month| days_before(year, *month).is_some_and(|start| start <= days)).unwrap_or(1);
    let day = days - days_before(year, month).unwrap_or(0) + 1;
    let name = MONTHS[month as usize - 1];
    let name = format!("{}{}", name[..1].to_ascii_uppercase(), &name[1..]);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{day:02}-{name}-{year:04} {hour:02}:{minute:02}:{second:02} +0000")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_internal_date_is_an_instant() {
        assert_eq!(date("02-Oct-2016 17:28:25 -0400"), Some(1_475_443_705_000));
        assert_eq!(date(" 2-Oct-2016 17:28:25 -0400"), Some(1_475_443_705_000));
        assert_eq!(date("2-oct-2016 21:28:25 +0000"), Some(1_475_443_705_000));
        assert_eq!(date("01-Jan-1970 00:00:00 +0000"), Some(0));
        assert_eq!(date("29-Feb-2024 12:00:00 GMT"), Some(1_709_208_000_000));
        for broken in ["", "yesterday", "32-Oct-2016 00:00:00 +0000", "1-Oct-2016 25:00:00 +0000", "1-Foo-2016 1:1:1 Z"]
        {
            assert_eq!(date(broken), None, "{broken}");
        }
    }

    proptest! {
        #[test]
        fn an_instant_comes_back_from_its_text(second in 0i64..253_402_300_799) {
            prop_assert_eq!(date(&date_text(second * 1000)), Some(second * 1000));
        }
    }
}
