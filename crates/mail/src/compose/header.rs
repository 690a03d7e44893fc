//! Header fields, each written by its own grammar (RFC 5322), encoded (RFC 2047) and folded.

use super::{ComposeError, Unwritable};
use crate::{
    Address, MessageId,
    address::{is_deliverable, mailboxes},
    calendar::{self, DAY},
};
use base64::{Engine, engine::general_purpose::STANDARD};

/// Where lines are folded; RFC 5322 §2.1.1 asks for at most 78.
const WIDTH: usize = 76;
/// Longest word that is left as it is; a longer one would break the 998 octets of a line sooner or later.
const WORD_LIMIT: usize = 200;
/// Bytes of text in one encoded word: 42 bytes are 56 characters of base 64, with the marks 68 of the 75 allowed.
const ENCODED_BYTES: usize = 42;

pub(super) struct Writer {
    pub(super) out: Vec<u8>,
    column: usize,
    /// Nothing of the value is written yet. A fold there would read as an empty line to careless programs.
    first: bool,
}

impl Writer {
    pub(super) fn new() -> Writer {
        Writer { out: Vec::with_capacity(4096), column: 0, first: true }
    }

    /// A field whose words are ours.
    pub(super) fn plain(&mut self, name: &str, value: &str) {
        self.begin(name);
        self.words(value);
        self.end();
    }

    /// A field of free text.
    pub(super) fn text(&mut self, name: &str, field: &str, value: &str) -> Result<(), ComposeError> {
        check(field, value)?;
        self.begin(name);
        let value = value.replace('\t', " ");
        if is_plain_text(&value) {
            self.words(&value)
        } else {
            self.encoded(&value)
        }
        self.end();
        Ok(())
    }

    /// A field of addresses; none makes no field.
    pub(super) fn addresses(&mut self, name: &str, field: &str, list: &[Address]) -> Result<(), ComposeError> {
        check_addresses(field, list)?;
        if list.is_empty() {
            return Ok(());
        }
        self.begin(name);
        for (place, address) in list.iter().enumerate() {
            if place > 0 {
                self.raw(",");
            }
            let shown = address.name.as_deref().unwrap_or_default().replace('\t', " ");
            let shown = shown.trim();
            if shown.is_empty() {
                self.word(&wire_address(&address.address));
                continue;
            }
            if is_phrase(shown) {
                self.words(shown);
            } else if shown.is_ascii() && shown.len() <= WORD_LIMIT && !shown.contains("=?") {
                self.word(&format!("\"{}\"", shown.replace('\\', "\\\\").replace('"', "\\\"")));
            } else {
                self.encoded(shown);
            }
            self.word(&format!("<{}>", wire_address(&address.address)));
        }
        self.end();
        Ok(())
    }

    /// A field of Message-IDs; none makes no field.
    pub(super) fn ids<'a>(
        &mut self,
        name: &str,
        field: &str,
        ids: impl Iterator<Item = &'a MessageId>,
    ) -> Result<(), ComposeError> {
        let mut begun = false;
        for id in ids {
            check(field, id.as_str())?;
            let sound = !id.as_str().is_empty()
                && id.as_str().len() <= 900
                && id.as_str().bytes().all(|byte| byte.is_ascii_graphic() && byte != b'<' && byte != b'>');
            // An id that a stranger wrote badly can't be repeated, but it is no reason not to answer him.
            if !sound {
                continue;
            }
            if !std::mem::replace(&mut begun, true) {
                self.begin(name);
            }
            self.word(&format!("<{id}>"));
        }
        if begun {
            self.end();
        }
        Ok(())
    }

    /// A field that holds one address of the web or of mail.
    pub(super) fn link(&mut self, name: &str, field: &str, address: &str) -> Result<(), ComposeError> {
        check(field, address)?;
        let known = address.starts_with("https://") || address.starts_with("mailto:");
        let sound = address.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>,\"".contains(&byte));
        if !known || !sound || address.len() > 900 {
            return Err(ComposeError::new(field, Unwritable::Link));
        }
        self.plain(name, &format!("<{address}>"));
        Ok(())
    }

    /// The instant in UTC (RFC 5322 §3.3).
    pub(super) fn date(&mut self, name: &str, date_ms: i64) {
        const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
        const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        // Four digits are all the standard has for a year.
        let seconds = date_ms.div_euclid(1000).clamp(-62_000_000_000, 253_000_000_000);
        let (day, second) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
        let (year, month, of_month) = calendar::date(day);
        let name_of = |names: &[&'static str], place: i64| {
            usize::try_from(place).ok().and_then(|place| names.get(place)).copied().unwrap_or_default()
        };
        let (weekday, month) = (name_of(&DAYS, day.rem_euclid(7)), name_of(&MONTHS, month - 1));
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        self.plain(
            name,
            &format!("{weekday}, {of_month:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} +0000"),
        );
    }

    /// A field with parameters; values outside ASCII or too long are cut in pieces (RFC 2231 §3, §4).
    pub(super) fn parameters(&mut self, name: &str, value: &str, parameters: &[(&str, &str)]) {
        self.begin(name);
        self.word(value);
        for (key, value) in parameters {
            let simple = value.len() <= 60 && value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
            if simple {
                self.raw(";");
                self.word(&format!("{key}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")));
                continue;
            }
            let pieces = percent_pieces(value);
            for (place, piece) in pieces.iter().enumerate() {
                self.raw(";");
                let charset = if place == 0 { "utf-8''" } else { "" };
                let number = if pieces.len() > 1 { format!("*{place}") } else { String::new() };
                self.word(&format!("{key}{number}*={charset}{piece}"));
            }
        }
        self.end();
    }

    fn begin(&mut self, name: &str) {
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(b':');
        self.column = name.len() + 1;
        self.first = true;
    }

    fn end(&mut self) {
        self.out.extend_from_slice(b"\r\n");
        self.column = 0;
    }

    fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
        self.column += text.len();
    }

    /// A blank and the word, on a new line when it doesn't fit.
    fn word(&mut self, word: &str) {
        if self.column + 1 + word.len() > WIDTH && !self.first {
            self.raw("\r\n");
            self.column = 0;
        }
        self.raw(" ");
        self.raw(word);
        self.first = false;
    }

    fn words(&mut self, text: &str) {
        text.split(' ').filter(|word| !word.is_empty()).for_each(|word| self.word(word));
    }

    fn encoded(&mut self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() {
            let room = if self.first { WIDTH.saturating_sub(self.column + 13) / 4 * 3 } else { ENCODED_BYTES };
            let (piece, after) = rest.split_at(rest.floor_char_boundary(room.clamp(12, ENCODED_BYTES)));
            self.word(&format!("=?utf-8?B?{}?=", STANDARD.encode(piece)));
            rest = after;
        }
    }
}

/// Refuses what could end a line for any program that reads the header later (reliability case 40).
pub(super) fn check(field: &str, value: &str) -> Result<(), ComposeError> {
    let bad = value.chars().find(|c| c.is_control() && *c != '\t' || matches!(c, '\u{2028}' | '\u{2029}'));
    match bad {
        Some(sign) => Err(ComposeError::new(field, Unwritable::Control(sign))),
        None => Ok(()),
    }
}

pub(super) fn check_addresses(field: &str, list: &[Address]) -> Result<(), ComposeError> {
    for address in list {
        check(field, &address.address)?;
        check(field, address.name.as_deref().unwrap_or_default())?;
        let one = mailboxes(&address.address);
        let same = matches!(one.as_slice(), [mailbox] if mailbox.sound && mailbox.address == address.address);
        if !same || !is_deliverable(&address.address) {
            return Err(ComposeError::new(field, Unwritable::Address(address.address.clone())));
        }
    }
    Ok(())
}

/// The address with its domain in ASCII, which every server understands.
fn wire_address(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) if !domain.is_ascii() => {
            format!("{local}@{}", idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_owned()))
        }
        _ => address.to_owned(),
    }
}

fn is_plain_text(text: &str) -> bool {
    text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
        && !text.contains("=?")
        && !text.contains("  ")
        && !text.starts_with(' ')
        && !text.ends_with(' ')
        && text.split(' ').all(|word| word.len() <= WORD_LIMIT)
}

/// Words of letters that need no quotes.
fn is_phrase(text: &str) -> bool {
    let atom = |word: &str| {
        !word.is_empty()
            && word.len() <= WORD_LIMIT
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/^_`{|}~".contains(&byte))
    };
    text.split(' ').all(atom)
}

fn percent_pieces(value: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for byte in value.bytes() {
        let last = pieces.len() - 1;
        if pieces[last].len() > 45 {
            pieces.push(String::new());
        }
        let piece = pieces.len() - 1;
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            pieces[piece].push(char::from(byte));
        } else {
            pieces[piece].push_str(&format!("%{byte:02X}"));
        }
    }
    pieces
}
