//! From bytes in some character set to text: what the sender says, checked against what the bytes look like.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use mail_parser::decoders::charsets::map::charset_decoder;

/// `bytes` as text. The label decides, except where the bytes prove it wrong: text that is valid UTF-8 and not ASCII is
/// UTF-8 whatever a Western label says, and text labelled UTF-8 without one valid sequence is windows-1252.
pub(super) fn decode(bytes: &[u8], label: Option<&str>) -> String {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let label = label.map(str::trim).filter(|label| !label.is_empty());
    let encoding = label.and_then(|label| Encoding::for_label(label.as_bytes()));
    match encoding {
        Some(encoding) if encoding != UTF_8 && encoding != WINDOWS_1252 => {
            encoding.decode_without_bom_handling(bytes).0.into_owned()
        }
        None if label.is_some() && std::str::from_utf8(bytes).is_ok_and(|_| !might_be_seven_bit(label)) => {
            String::from_utf8_lossy(bytes).into_owned()
        }
        None if let Some(decoder) = label.and_then(|label| charset_decoder(label.as_bytes())) => decoder(bytes),
        _ => western(bytes),
    }
}

/// Sets that write everything in 7 bits: valid UTF-8 proves nothing there.
fn might_be_seven_bit(label: Option<&str>) -> bool {
    label.is_some_and(|label| {
        let label = label.to_ascii_lowercase();
        label.contains("utf-7") || label.contains("utf7") || label.starts_with("iso-2022") || label.contains("hz-")
    })
}

fn western(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) if has_utf8_sequence(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
    }
}

/// Whether more of the bytes above ASCII are whole UTF-8 sequences than are not: a cut or damaged UTF-8 text.
fn has_utf8_sequence(bytes: &[u8]) -> bool {
    let (mut whole, mut broken) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().bytes().filter(|byte| *byte >= 0xC0).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    whole > broken
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn a_wrong_label_is_seen_through() {
        assert_eq!(decode(b"caf\xE9", Some("utf-8")), "café");
        assert_eq!(decode("café".as_bytes(), Some("iso-8859-1")), "café");
        assert_eq!(decode("café".as_bytes(), Some("us-ascii")), "café");
        assert_eq!(decode(b"\x80 5", Some("iso-8859-1")), "€ 5");
        assert_eq!(decode("één gebroke".as_bytes().split_last().unwrap().1, Some("utf-8")), "één gebrok");
        assert_eq!(decode(b"\xC3\xA9\xC3\xA9n\xC3", Some("utf-8")), "één\u{FFFD}");
    }

    #[test]
    fn other_scripts_are_read() {
        assert_eq!(decode(b"\xCF\xF0\xE8\xE2\xE5\xF2", Some("windows-1251")), "Привет");
        assert_eq!(decode(b"\x1B$B$3$s\x1B(B", Some("ISO-2022-JP")), "こん");
        assert_eq!(decode(b"Hi Mom -+Jjo--!", Some("utf-7")), "Hi Mom -\u{263A}-!");
        assert_eq!(decode(b"plain", Some("no-such-set")), "plain");
    }
}
