//! Contacts from vCards (RFC 6350, and versions 2.1 and 3.0 as address books still write them).

use super::Row;

/// The cards of the text, as far as they have a name or an address. Unfinished cards are left out.
pub(super) fn read(text: &str) -> Vec<Row> {
    let (mut rows, mut card) = (Vec::new(), None::<Row>);
    for line in unfolded(text) {
        let Some((property, value)) = split(&line) else { continue };
        let mut parts = property.split(';');
        // A group may stand before the name: `item1.EMAIL`.
        let name = parts.next().unwrap_or_default().rsplit('.').next().unwrap_or_default().to_ascii_uppercase();
        let parameters: Vec<String> = parts.map(str::to_ascii_uppercase).collect();
        match (name.as_str(), &mut card) {
            ("BEGIN", _) if value.trim().eq_ignore_ascii_case("VCARD") => card = Some(Row::default()),
            ("END", Some(_)) => {
                rows.extend(card.take().filter(|row| !row.name.is_empty() || !row.addresses.is_empty()))
            }
            ("FN", Some(row)) => row.name = plain(value, &parameters).trim().to_owned(),
            ("N", Some(row)) if row.name.is_empty() => row.name = from_parts(value, &parameters),
            ("ORG", Some(row)) if row.name.is_empty() => {
                row.name = plain(value, &parameters).split(';').next().unwrap_or_default().trim().to_owned();
            }
            ("EMAIL", Some(row)) => {
                let address = plain(value, &parameters);
                let address = address.trim().trim_start_matches("mailto:").to_owned();
                if !address.is_empty() {
                    row.addresses.push(address);
                }
            }
            ("UID", Some(row)) => row.external = Some(("vcard".to_owned(), value.trim().to_owned())),
            _ => {}
        }
    }
    rows
}

/// Lines with their continuations: one that begins with a blank belongs to the one before (RFC 6350 §3.2), and one of
/// version 2.1 that ends in `=` goes on in the next.
fn unfolded(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)) {
        let goes_on = |last: &String| {
            let property = last.split_once(':').map_or("", |(property, _)| property);
            last.ends_with('=') && property.to_ascii_uppercase().contains("QUOTED-PRINTABLE")
        };
        match lines.last_mut() {
            Some(last) if line.starts_with([' ', '\t']) => last.push_str(&line[1..]),
            Some(last) if goes_on(last) => {
                last.pop();
                last.push_str(line);
            }
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

/// Name with parameters, and value; a colon inside quotes belongs to a parameter.
fn split(line: &str) -> Option<(&str, &str)> {
    let mut quoted = false;
    let colon = line.char_indices().find(|(_, character)| {
        quoted ^= *character == '"';
        *character == ':' && !quoted
    })?;
    Some((&line[..colon.0], &line[colon.0 + 1..]))
}

/// The value without its escapes and encodings.
fn plain(value: &str, parameters: &[String]) -> String {
    let value = match parameters.iter().any(|parameter| parameter.contains("QUOTED-PRINTABLE")) {
        true => decoded(value),
        false => value.to_owned(),
    };
    let (mut out, mut characters) = (String::with_capacity(value.len()), value.chars());
    while let Some(character) = characters.next() {
        match (character, character == '\\') {
            (_, true) => match characters.next() {
                Some('n' | 'N') => out.push(' '),
                Some(other) => out.push(other),
                None => {}
            },
            (other, false) => out.push(other),
        }
    }
    out
}

fn decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).filter(|_| *first == b'=').and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `N` is family;given;additional;prefix;suffix.
fn from_parts(value: &str, parameters: &[String]) -> String {
    let parts: Vec<String> = value.split(';').map(|part| plain(part, parameters).trim().to_owned()).collect();
    let part = |at: usize| parts.get(at).map(String::as_str).unwrap_or_default();
    [part(1), part(2), part(0)].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_of_every_version_give_name_and_addresses() {
        let text = "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Els de\r\n  Wit\\, notaris\r\nEMAIL;TYPE=work:els@x.nl\r\nitem1.EMAIL:els@thuis.nl\r\nUID:urn:1\r\nEND:VCARD\r\n\
            BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Dupr=C3=A9=\r\n;Jo\r\nEMAIL;INTERNET:jo@x.be\r\nEND:VCARD\r\n\
            BEGIN:VCARD\r\nEMAIL:mailto:a@b.nl\r\n";
        let rows = read(text);
        assert_eq!(rows.len(), 2, "an unfinished card is left out");
        assert_eq!((rows[0].name.as_str(), rows[0].addresses.len()), ("Els de Wit, notaris", 2));
        assert_eq!(rows[0].external.as_ref().map(|(_, id)| id.as_str()), Some("urn:1"));
        assert_eq!((rows[1].name.as_str(), rows[1].addresses[0].as_str()), ("Jo Dupré", "jo@x.be"));
    }
}
