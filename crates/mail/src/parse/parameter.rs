//! `Content-Type` and `Content-Disposition`: a value and its parameters (RFC 2045 §5.1, RFC 2231).

use super::{charset, word};

/// Pieces of one parameter that are joined.
const PIECE_LIMIT: usize = 100;
/// Parameters of one field that are looked at.
const PARAMETER_LIMIT: usize = 500;

/// A value with parameters.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    /// What stands before the first semicolon, lower case.
    pub(super) value: String,
    pieces: Vec<Piece>,
}

#[derive(Debug)]
struct Piece {
    name: String,
    number: Option<u32>,
    encoded: bool,
    value: String,
}

impl Parameters {
    /// Reads a field's text.
    pub(super) fn read(text: &str) -> Parameters {
        let mut rest = text;
        let value = take_until(&mut rest, ';');
        let value = value.split('(').next().unwrap_or_default();
        let value: String = value.chars().filter(|c| c.is_ascii_graphic()).collect();
        let mut pieces = Vec::new();
        while !rest.is_empty() && pieces.len() < PARAMETER_LIMIT {
            pieces.extend(next_piece(&mut rest));
        }
        Parameters { value: value.to_ascii_lowercase(), pieces }
    }

    /// A parameter as text: the RFC 2231 form first, then the plain one, in which many programs write encoded words.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let of_name = || self.pieces.iter().filter(|piece| piece.name == name);
        let mut extended: Vec<&Piece> =
            of_name().filter(|piece| piece.encoded || piece.number.is_some()).take(PIECE_LIMIT).collect();
        if !extended.is_empty() {
            extended.sort_by_key(|piece| piece.number);
            return Some(join(&extended));
        }
        of_name().next().map(|piece| word::decode(&piece.value))
    }

    /// A parameter exactly as written, as a boundary must be taken.
    pub(super) fn plain(&self, name: &str) -> Option<&str> {
        self.pieces.iter().find(|piece| piece.name == name).map(|piece| piece.value.as_str())
    }
}

/// The pieces in order as one text. The bytes of all encoded pieces are joined before they become text, because a
/// character may be cut between two of them.
fn join(pieces: &[&Piece]) -> String {
    let mut bytes = Vec::new();
    let mut label = None;
    for (place, piece) in pieces.iter().enumerate() {
        if !piece.encoded {
            bytes.extend_from_slice(piece.value.as_bytes());
            continue;
        }
        let mut text = piece.value.as_str();
        if place == 0 {
            let mut quotes = text.splitn(3, '\'');
            if let (Some(set), Some(_), Some(data)) = (quotes.next(), quotes.next(), quotes.next()) {
                label = Some(set);
                text = data;
            }
        }
        percent_bytes(text, &mut bytes);
    }
    word::one_line(&charset::decode(&bytes, label))
}

fn percent_bytes(text: &str, out: &mut Vec<u8>) {
    let data = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = data.get(at) {
        at += 1;
        let value = (byte == b'%').then(|| super::body::hex_pair(data.get(at).copied(), data.get(at + 1).copied()));
        match value.flatten() {
            Some(value) => {
                out.push(value);
                at += 2;
            }
            None => out.push(byte),
        }
    }
}

/// Takes `name=value` up to the next semicolon. Quotes protect semicolons; a value without quotes may have blanks in it.
fn next_piece(rest: &mut &str) -> Option<Piece> {
    let trimmed = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ';');
    let end = trimmed.find(['=', ';']).unwrap_or(trimmed.len());
    let name = trimmed[..end].trim().to_ascii_lowercase();
    *rest = &trimmed[end..];
    let after = rest.strip_prefix('=')?;
    *rest = after;
    let value = match after.trim_start().strip_prefix('"') {
        Some(quoted) => {
            let value = take_quoted(quoted, rest);
            take_until(rest, ';');
            value
        }
        None => {
            let value = take_until(rest, ';');
            value.trim().to_owned()
        }
    };
    let mut marks = name.splitn(3, '*');
    let base = marks.next().unwrap_or_default().trim().to_owned();
    let (first, second) = (marks.next(), marks.next());
    let number = first.and_then(|mark| mark.parse().ok());
    let encoded = first == Some("") || second == Some("");
    (!base.is_empty()).then_some(Piece { name: base, number, encoded, value })
}

fn take_quoted<'a>(quoted: &'a str, rest: &mut &'a str) -> String {
    let mut value = String::new();
    let mut escaped = false;
    for (at, c) in quoted.char_indices() {
        match c {
            _ if escaped => {
                value.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => {
                *rest = &quoted[at + 1..];
                return value;
            }
            '\r' | '\n' => {}
            _ => value.push(c),
        }
    }
    *rest = "";
    value
}

fn take_until<'a>(rest: &mut &'a str, end: char) -> &'a str {
    match rest.split_once(end) {
        Some((taken, after)) => {
            *rest = after;
            taken
        }
        None => std::mem::take(rest),
    }
}

#[cfg(test)]
mod tests {
    use super::Parameters;

    #[test]
    fn parameters_are_read_in_every_spelling() {
        let name = |text: &str| Parameters::read(text).get("filename");
        assert_eq!(name("attachment; filename=\"a;b \\\"c\\\".pdf\""), Some("a;b \"c\".pdf".into()));
        assert_eq!(name("attachment; filename=twee woorden.pdf; size=3"), Some("twee woorden.pdf".into()));
        assert_eq!(name("attachment; filename*=utf-8'nl'%C3%A9%C3%A9n.pdf"), Some("één.pdf".into()));
        assert_eq!(
            name("attachment; filename=x; filename*0*=utf-8''%C3; filename*1*=%A9%20; filename*2=\"b.pdf\""),
            Some("é b.pdf".into())
        );
        assert_eq!(name("attachment; filename*1=b; filename*0=a"), Some("ab".into()));
        assert_eq!(name("attachment; filename=\"=?utf-8?Q?caf=C3=A9.pdf?=\""), Some("café.pdf".into()));
        assert_eq!(name("attachment; filename*0*=iso-8859-1''caf; filename*1*=%E9"), Some("café".into()));
        assert_eq!(name("attachment;;; =x; filename"), None);
    }

    #[test]
    fn the_value_is_the_type() {
        assert_eq!(Parameters::read(" Text/Plain (comment) ; charset=\"utf-8\"").value, "text/plain");
        assert_eq!(Parameters::read("text/plain; CHARSET = latin1").get("charset"), Some("latin1".into()));
    }
}
