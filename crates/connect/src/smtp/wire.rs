//! A message as it goes through DATA: only CRLF, every leading dot doubled (RFC 5321 §4.5.2).

/// The longest line a message may have, without its CRLF (RFC 5321 §4.5.3.1.6).
const LINE_BYTES_MAX: usize = 998;

/// The end of DATA.
pub const DOT: &[u8] = b".\r\n";

/// What the envelope must know of a message before it is announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Some byte is above 127.
    pub eight_bit: bool,
    /// Such a byte is in the head: it names an address outside ASCII, which nothing encodes (RFC 6532).
    pub utf8_head: bool,
    /// Some line is longer than a server must take.
    pub long_line: bool,
    /// Every CR is followed by LF and every LF preceded by CR, and the last line is ended.
    pub clean: bool,
}

/// Looks a message over.
pub fn look(message: &[u8]) -> Look {
    let eight_bit = !message.is_ascii();
    let mut look = Look {
        eight_bit,
        utf8_head: eight_bit && !head(message).is_ascii(),
        long_line: false,
        clean: message.ends_with(b"\r\n"),
    };
    let mut begin = 0;
    for at in memchr::memchr2_iter(b'\r', b'\n', message) {
        let paired = match message.get(at) {
            Some(b'\r') => message.get(at + 1) == Some(&b'\n'),
            _ => at > 0 && message.get(at - 1) == Some(&b'\r'),
        };
        look.clean &= paired;
        if at > begin {
            look.long_line |= at - begin > LINE_BYTES_MAX;
        }
        begin = at + 1;
    }
    look.long_line |= message.len() - begin > LINE_BYTES_MAX;
    look
}

/// Up to the first empty line, whatever its line ends are.
fn head(message: &[u8]) -> &[u8] {
    if message.starts_with(b"\r\n") || message.starts_with(b"\n") {
        return &[];
    }
    let ends = [&b"\r\n\r\n"[..], b"\n\n", b"\r\r"];
    let end = ends.iter().filter_map(|end| memchr::memmem::find(message, end)).min();
    message.get(..end.unwrap_or(message.len())).unwrap_or_default()
}

/// The message with every line end made CRLF and the last line ended; borrowed when it is so already.
///
/// A bare CR or LF never goes out: what one server reads as text and the next as the end of the message is how
/// messages are smuggled.
pub fn with_crlf(message: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    if look(message).clean {
        return std::borrow::Cow::Borrowed(message);
    }
    let mut clean = Vec::with_capacity(message.len() + message.len() / 32 + 2);
    let mut begin = 0;
    for at in memchr::memchr2_iter(b'\r', b'\n', message) {
        let after_cr = at > 0 && message.get(at - 1) == Some(&b'\r') && message.get(at) == Some(&b'\n');
        if !after_cr {
            clean.extend_from_slice(message.get(begin..at).unwrap_or_default());
            clean.extend_from_slice(b"\r\n");
        }
        begin = at + 1;
    }
    clean.extend_from_slice(message.get(begin..).unwrap_or_default());
    if !clean.ends_with(b"\r\n") {
        clean.extend_from_slice(b"\r\n");
    }
    std::borrow::Cow::Owned(clean)
}

/// The CRLF-clean message in slices that, sent one after the other, have every leading dot doubled.
///
/// A slice that ends just after a leading dot is followed by one that begins with the same dot: nothing is copied.
pub fn stuffed(message: &[u8]) -> impl Iterator<Item = &[u8]> {
    let first = message.get(..1).filter(|first| *first == b".").unwrap_or_default();
    let mut begin = 0;
    let dots = memchr::memmem::find_iter(message, b"\n.").map(|at| at + 1);
    let ends = dots.map(Some).chain(std::iter::once(None));
    let slices = ends.map(move |dot| {
        let slice = match dot {
            Some(dot) => message.get(begin..=dot),
            None => message.get(begin..),
        };
        begin = dot.unwrap_or(begin);
        slice.unwrap_or_default()
    });
    std::iter::once(first).chain(slices)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wire(message: &[u8]) -> Vec<u8> {
        let mut out: Vec<u8> = stuffed(&with_crlf(message)).flatten().copied().collect();
        out.extend_from_slice(DOT);
        out
    }

    /// What a strict server reads: up to the first CRLF.CRLF, dots taken off.
    fn received(wire: &[u8]) -> Option<(Vec<u8>, usize)> {
        let mut message = Vec::new();
        let mut at = 0;
        loop {
            let end = at + memchr::memmem::find(wire.get(at..)?, b"\r\n")? + 2;
            let line = wire.get(at..end)?;
            at = end;
            match line {
                DOT => return Some((message, at)),
                [b'.', rest @ ..] => message.extend_from_slice(rest),
                _ => message.extend_from_slice(line),
            }
        }
    }

    #[test]
    fn smuggled_ends_stay_inside_the_message() {
        for end in ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r\n", "\r.\r\n", "\n.\r", "\r\r\n.\r\r\n"] {
            let message = format!("A: b\r\n\r\ntext{end}MAIL FROM:<x@y>\r\n");
            let wire = wire(message.as_bytes());

            let (read, used) = received(&wire).expect("ends once");
            assert_eq!(used, wire.len(), "{end:?} must not end the message");
            assert!(look(&read).clean, "{end:?} must leave no bare CR or LF");
            assert_eq!(memchr::memmem::find_iter(&wire, b"\n.\r").count(), 1, "{end:?}: only our own dot");
        }
    }

    #[test]
    fn a_clean_message_arrives_byte_for_byte() {
        let message = b".first\r\n..\r\n.\r\n\r\ntext .\r\n".as_slice();

        assert!(matches!(with_crlf(message), std::borrow::Cow::Borrowed(_)));
        assert_eq!(received(&wire(message)).unwrap().0, message);
    }

    #[test]
    fn long_lines_and_eight_bits_are_seen() {
        assert!(!look(format!("{}\r\n", "a".repeat(998)).as_bytes()).long_line);
        assert!(look(format!("{}\r\n", "a".repeat(999)).as_bytes()).long_line);
        assert!(look("caf\u{e9}\r\n".as_bytes()).eight_bit);
        for (message, in_head) in [
            ("To: zo\u{eb}@x.test\r\n\r\nDag\r\n", true),
            ("To: zo\u{eb}@x.test\n\nDag\n", true),
            ("To: zoe@x.test\r\n\r\nDag, Zo\u{eb}\r\n", false),
            ("\r\nDag, Zo\u{eb}\r\n\r\n", false),
            ("To: zoe@x.test\r\n\r\nDag\r\n", false),
        ] {
            assert_eq!(look(message.as_bytes()).utf8_head, in_head, "{message:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_end_exactly_once(bytes in proptest::collection::vec(prop_oneof![
            Just(b'\r'), Just(b'\n'), Just(b'.'), any::<u8>()
        ], 0..200)) {
            let wire = wire(&bytes);
            let (read, used) = received(&wire).unwrap();
            prop_assert_eq!(used, wire.len());
            prop_assert_eq!(&read[..], &*with_crlf(&bytes));
        }
    }
}
