//! Encoded words (RFC 2047): the text that a header field means.

use super::charset;

/// A field's text with its encoded words decoded, on one line, without control or direction-changing characters.
pub(crate) fn decode(value: &str) -> String {
    if !value.contains("=?") {
        return one_line(value);
    }
    let mut out = String::with_capacity(value.len());
    let mut pending: Option<(String, Vec<u8>)> = None;
    let mut rest = value;
    while let Some(start) = rest.find("=?") {
        let (before, word) = rest.split_at(start);
        match encoded_word(word) {
            Some((label, bytes, length)) => {
                // White space between two encoded words is not of the text, and a character may be cut by the cut
                // between them: bytes of one character set are joined before they become text.
                if before.chars().all(|c| c.is_ascii_whitespace()) && pending.is_some() {
                    match &mut pending {
                        Some((last, joined)) if last.eq_ignore_ascii_case(label) => joined.extend(bytes),
                        _ => {
                            flush(&mut pending, &mut out);
                            pending = Some((label.to_owned(), bytes));
                        }
                    }
                } else {
                    flush(&mut pending, &mut out);
                    out.push_str(before);
                    pending = Some((label.to_owned(), bytes));
                }
                rest = &word[length..];
            }
            None => {
                flush(&mut pending, &mut out);
                out.push_str(before);
                out.push_str("=?");
                rest = &word[2..];
            }
        }
    }
    flush(&mut pending, &mut out);
    out.push_str(rest);
    one_line(&out)
}

fn flush(pending: &mut Option<(String, Vec<u8>)>, out: &mut String) {
    if let Some((label, bytes)) = pending.take() {
        out.push_str(&charset::decode(&bytes, Some(&label)));
    }
}

/// The longest encoded word that is tried; RFC 2047 allows 75, some programs write whole subjects as one.
const WORD_LIMIT: usize = 8 * 1024;

/// `=?charset*language?Q?text?=` at the start: its set, its bytes, and its length.
fn encoded_word(text: &str) -> Option<(&str, Vec<u8>, usize)> {
    let inner = text.strip_prefix("=?")?;
    let label_end = inner.bytes().take(80).position(|byte| byte == b'?')?;
    let label = &inner[..label_end];
    if label.is_empty() || !label.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let mut after = inner[label_end + 1..].bytes();
    let method = after.next()?.to_ascii_lowercase();
    if after.next()? != b'?' {
        return None;
    }
    let data_start = label_end + 3;
    let data = inner.as_bytes().get(data_start..)?;
    let data = &data[..data.len().min(WORD_LIMIT)];
    let data_end = memchr::memmem::find(data, b"?=")?;
    // `=?utf-8?Q??=` and a `=XX` that follows a question mark both look like an end; the second one is.
    let data_end = if method == b'q' && data_end == 0 && data.starts_with(b"?=") && data.get(2..4).is_some_and(is_hex) {
        memchr::memmem::find(&data[1..], b"?=").map(|end| end + 1)?
    } else {
        data_end
    };
    let bytes = match method {
        b'b' => super::body::base64(&data[..data_end]),
        b'q' => q_bytes(&data[..data_end]),
        _ => return None,
    };
    let label = label.split('*').next().unwrap_or(label);
    Some((label, bytes, 2 + data_start + data_end + 2))
}

fn is_hex(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_hexdigit)
}

fn q_bytes(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len());
    let mut at = 0;
    while let Some(&byte) = data.get(at) {
        at += 1;
        match byte {
            b'_' => out.push(b' '),
            b'=' => match super::body::hex_pair(data.get(at).copied(), data.get(at + 1).copied()) {
                Some(value) => {
                    out.push(value);
                    at += 2;
                }
                None => out.push(b'='),
            },
            b'\r' | b'\n' => {}
            _ => out.push(byte),
        }
    }
    out
}

/// `text` on one line: blanks for line ends and other controls, no double blanks, nothing invisible that turns the
/// reading direction or hides between letters.
pub(crate) fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_graphic() {
            out.push(c);
        } else if c.is_whitespace() || c.is_control() {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !is_deceiving(c) {
            out.push(c);
        }
    }
    if out.ends_with(' ') {
        out.pop();
    }
    out
}

/// Characters that make a name or subject look like another one: direction marks and overrides, zero widths, tags.
pub(crate) fn is_deceiving(c: char) -> bool {
    matches!(c, '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{061C}'
        | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn encoded_words_become_text() {
        assert_eq!(decode("=?utf-8?B?RmFjdHV1ciDigqwgNQ==?="), "Factuur € 5");
        assert_eq!(
            decode("=?iso-8859-1?q?Ge=EFnteresseerd_in?= =?iso-8859-1?q?_caf=E9?= X"),
            "Geïnteresseerd in café X"
        );
        assert_eq!(decode("Re: =?utf-8?Q?=C3?=\r\n =?utf-8?Q?=A9=C3=A9n?= ding"), "Re: één ding");
        assert_eq!(decode("=?utf-8?Q?vraag=3F?="), "vraag?");
        assert_eq!(decode("=?utf-8*nl?Q?taal?="), "taal");
        assert_eq!(decode("=?utf-8?Q?twee woorden?="), "twee woorden");
        assert_eq!(decode("=?utf-8?X?wat?= blijft =?"), "=?utf-8?X?wat?= blijft =?");
    }

    #[test]
    fn nothing_hidden_is_left() {
        assert_eq!(decode("=?utf-8?Q?a=E2=80=AEb=0D=0ABcc:_x?=\0"), "ab Bcc: x");
        assert_eq!(decode(" a\t\tb \r\n c "), "a b c");
    }
}
