//! A message as it comes through DATA, byte by byte: it ends with CRLF.CRLF and with nothing else (RFC 5321 §4.1.1.4).
//!
//! Servers that also end a message at LF.LF, or take a bare CR for a line end, can be made to see two messages where another
//! sees one. So a CR or LF that stands alone is never part of a message here: the whole of it is refused (RFC 5321 §2.3.8).

/// Where we stand in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Begin,
    Text,
    Cr,
    Dot,
    DotCr,
}

/// What came of some more bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Came {
    /// More must come.
    More,
    /// The message is whole; so many of the bytes belonged to it.
    End(usize),
    /// A CR or LF that stands alone.
    Bare,
}

/// The message so far, without the dots that were put before its lines.
#[derive(Debug)]
pub(super) struct Body {
    at: At,
    kept: Vec<u8>,
    limit: usize,
    seen: usize,
}

impl Body {
    /// Nothing yet. What is beyond `limit` bytes is not kept.
    pub(super) fn new(limit: usize) -> Body {
        Body { at: At::Begin, kept: Vec::new(), limit, seen: 0 }
    }

    /// Takes what came.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Came {
        let mut done = 0;
        while let Some(&byte) = bytes.get(done) {
            match (self.at, byte) {
                (At::Begin, b'.') => self.at = At::Dot,
                (At::DotCr, b'\n') => return Came::End(done + 1),
                (At::Cr, b'\n') => {
                    self.keep(b"\r\n");
                    self.at = At::Begin;
                }
                (At::Cr | At::DotCr, _) | (At::Begin | At::Text | At::Dot, b'\n') => return Came::Bare,
                (At::Dot, b'\r') => self.at = At::DotCr,
                (At::Begin | At::Text, b'\r') => self.at = At::Cr,
                (At::Begin | At::Text | At::Dot, _) => {
                    // A dot before anything else was put there by the sender's server.
                    let rest = bytes.get(done..).unwrap_or_default();
                    let run = memchr::memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
                    self.keep(rest.get(..run).unwrap_or_default());
                    self.at = At::Text;
                    done += run;
                    continue;
                }
            }
            done += 1;
        }
        Came::More
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.seen = self.seen.saturating_add(bytes.len());
        if self.seen <= self.limit {
            self.kept.extend_from_slice(bytes);
        } else {
            self.kept = Vec::new();
        }
    }

    /// It is larger than what may be kept, and nothing is.
    pub(super) fn is_too_large(&self) -> bool {
        self.seen > self.limit
    }

    /// How many bytes it had so far.
    pub(super) fn seen(&self) -> usize {
        self.seen
    }

    /// The message.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// In pieces of `size`, as a network cuts them.
    fn read(wire: &[u8], size: usize) -> (Came, Vec<u8>) {
        let mut body = Body::new(1 << 20);
        let mut before = 0;
        for piece in wire.chunks(size.max(1)) {
            match body.push(piece) {
                Came::More => before += piece.len(),
                Came::End(used) => return (Came::End(before + used), body.into_bytes()),
                Came::Bare => return (Came::Bare, Vec::new()),
            }
        }
        (Came::More, body.into_bytes())
    }

    #[test]
    fn only_crlf_dot_crlf_ends_a_message_however_it_is_cut() {
        let wire = b"A: b\r\n\r\n..een\r\n.twee\r\ndrie.\r\n.\r\nQUIT\r\n";
        for size in 1..wire.len() {
            let (came, kept) = read(wire, size);
            assert_eq!(came, Came::End(wire.len() - 6), "{size}");
            assert_eq!(kept, b"A: b\r\n\r\n.een\r\ntwee\r\ndrie.\r\n", "{size}");
        }
        assert_eq!(read(b".\r\n", 1), (Came::End(3), Vec::new()));
    }

    #[test]
    fn what_other_servers_take_for_an_end_is_refused() {
        for end in [
            "\n.\n",
            "\n.\r\n",
            "\r\n.\n",
            "\r.\r",
            "\r.\r\n",
            "\r\n.\r",
            "\n.\r",
            "\r\r\n.\r\r\n",
            "\n",
            "\r",
            "\r\n.\rx",
        ] {
            for size in [1, 2, 3, 100] {
                let wire = format!("A: b\r\n\r\ntekst{end}MAIL FROM:<x@y>\r\n.\r\n");
                assert_eq!(read(wire.as_bytes(), size).0, Came::Bare, "{end:?} in pieces of {size}");
            }
        }
    }

    #[test]
    fn more_than_the_limit_is_counted_and_not_kept() {
        let mut body = Body::new(10);
        assert_eq!(body.push(b"0123456789abcdef\r\n.\r\n"), Came::End(21));
        assert!(body.is_too_large());
        assert!(body.into_bytes().is_empty());
    }

    proptest! {
        #[test]
        fn what_our_own_sender_writes_comes_in_as_it_was(bytes in proptest::collection::vec(prop_oneof![
            Just(b'\r'), Just(b'\n'), Just(b'.'), any::<u8>()
        ], 0..300), size in 1_usize..40) {
            let clean = crate::smtp::wire::with_crlf(&bytes);
            let mut wire: Vec<u8> = crate::smtp::wire::stuffed(&clean).flatten().copied().collect();
            wire.extend_from_slice(b".\r\n");
            prop_assert_eq!(read(&wire, size), (Came::End(wire.len()), clean.into_owned()));
        }
    }
}
