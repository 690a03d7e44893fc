//! Folder names as IMAP4rev1 writes them: modified UTF-7 (RFC 3501 §5.1.3).

use base64::{
    Engine,
    alphabet::IMAP_MUTF7,
    engine::{GeneralPurpose, GeneralPurposeConfig},
};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &IMAP_MUTF7,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
);

/// The name as people read it. What is not valid modified UTF-7 stays as it is: names are somebody else's, and a server
/// that sends plain UTF-8 means what it says.
pub fn decode(name: &str) -> String {
    let mut shown = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(start) = rest.find('&') {
        shown.push_str(&rest[..start]);
        let shifted = &rest[start + 1..];
        let Some(end) = shifted.find('-') else {
            shown.push_str(&rest[start..]);
            return shown;
        };
        match decode_shifted(&shifted[..end]) {
            Some(text) => shown.push_str(&text),
            None => shown.push_str(&rest[start..start + end + 2]),
        }
        rest = &shifted[end + 1..];
    }
    shown.push_str(rest);
    shown
}

fn decode_shifted(shifted: &str) -> Option<String> {
    if shifted.is_empty() {
        return Some("&".to_owned());
    }
    let bytes = BASE64.decode(shifted).ok()?;
    if bytes.len() % 2 != 0 {
        return None;
    }
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    String::from_utf16(&units).ok()
}

/// The name as it goes on the wire of a server without UTF8=ACCEPT.
pub fn encode(name: &str) -> String {
    let mut wire = String::with_capacity(name.len());
    let mut units: Vec<u8> = Vec::new();
    for c in name.chars() {
        if (' '..='~').contains(&c) {
            flush(&mut wire, &mut units);
            wire.push(c);
            if c == '&' {
                wire.push('-');
            }
        } else {
            let mut buffer = [0; 2];
            units.extend(c.encode_utf16(&mut buffer).iter().flat_map(|unit| unit.to_be_bytes()));
        }
    }
    flush(&mut wire, &mut units);
    wire
}

fn flush(wire: &mut String, units: &mut Vec<u8>) {
    if units.is_empty() {
        return;
    }
    wire.push('&');
    BASE64.encode_string(&units, wire);
    wire.push('-');
    units.clear();
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_names_of_the_standard_are_read_and_written() {
        for (wire, shown) in [
            ("~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"),
            ("Entw&APw-rfe", "Entwürfe"),
            ("Verzonden &- klaar", "Verzonden & klaar"),
            ("&2D3eAA-", "😀"),
        ] {
            assert_eq!(decode(wire), shown);
            assert_eq!(encode(shown), wire);
        }
    }

    #[test]
    fn a_broken_name_stays_as_it_is() {
        for name in ["a & b", "A&B-C", "&2D0-", "&AP", "Bücher", "&&&-", "&!!-"] {
            assert!(!decode(name).is_empty(), "{name}");
        }
        assert_eq!(decode("R&D"), "R&D");
        assert_eq!(decode("&2D0-"), "&2D0-");
    }

    proptest! {
        #[test]
        fn every_name_comes_back(name: String) {
            let wire = encode(&name);
            prop_assert!(wire.is_ascii());
            prop_assert_eq!(decode(&wire), name);
        }
    }
}
