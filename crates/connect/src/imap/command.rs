//! One command on its way to the server.

use super::utf7;
use bytes::Bytes;

/// A command without its tag: text, and literals between.
#[derive(Debug, Default)]
pub struct Command {
    pub(super) parts: Vec<(Vec<u8>, Option<Bytes>)>,
    pub(super) last: Vec<u8>,
    /// Not even the transcript may see it.
    pub(super) secret: bool,
}

impl Command {
    /// A command that begins with this text.
    pub fn new(text: &str) -> Command {
        Command { last: text.as_bytes().to_vec(), ..Command::default() }
    }

    /// Adds text that is ours, as it is.
    pub fn text(mut self, text: &str) -> Command {
        self.last.extend_from_slice(text.as_bytes());
        self
    }

    /// Adds a literal: any bytes but NUL.
    pub fn literal(mut self, bytes: Bytes) -> Command {
        self.parts.push((std::mem::take(&mut self.last), Some(bytes)));
        self
    }

    /// Adds a string that is somebody else's: quoted where that is safe, else as a literal.
    pub fn string(self, bytes: &[u8]) -> Command {
        let plain = |byte: &u8| (b' '..=b'~').contains(byte) && !matches!(byte, b'"' | b'\\');
        if bytes.len() <= 1000 && bytes.iter().all(plain) {
            let quoted = [b"\"", bytes, b"\""].concat();
            return self.text(&String::from_utf8_lossy(&quoted));
        }
        self.literal(Bytes::copy_from_slice(bytes))
    }

    /// Adds a folder by the name we know it by (modified UTF-7); `utf8` after ENABLE UTF8=ACCEPT, which turns the names
    /// on the wire into UTF-8 (RFC 6855 §3).
    pub fn folder(self, remote: &str, utf8: bool) -> Command {
        if !utf8 {
            return self.string(remote.as_bytes());
        }
        let name = utf7::decode(remote);
        if name.is_ascii() || name.chars().any(|c| c.is_control() || matches!(c, '"' | '\\')) {
            return self.string(name.as_bytes());
        }
        self.text(&format!("\"{name}\""))
    }

    /// Keeps it out of the transcript.
    pub fn secret(mut self) -> Command {
        self.secret = true;
        self
    }
}

/// A name that a command can carry at all: NUL fits in no form of string.
pub fn sendable(remote: &str) -> bool {
    !remote.is_empty() && !remote.contains('\0') && remote.len() <= 4000
}

/// A set of UIDs as commands take it.
pub fn uid_set(ranges: &[(u32, u32)]) -> String {
    let mut text = String::with_capacity(ranges.len() * 12);
    for (first, last) in ranges {
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(&first.to_string());
        if last > first {
            text.push(':');
            text.push_str(&last.to_string());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_could_end_the_line_goes_as_a_literal() {
        for name in ["a\r\nk9 LOGOUT", "say \"hi\"", "back\\slash", "caf\u{e9}"] {
            let command = Command::new("EXAMINE ").folder(name, false);
            assert_eq!(command.parts[0].1.as_deref(), Some(name.as_bytes()));
        }
        assert_eq!(Command::new("EXAMINE ").folder("../x y", false).last, b"EXAMINE \"../x y\"");
        assert!(!sendable("a\0b"));
    }

    #[test]
    fn names_are_utf8_once_the_server_agreed() {
        assert_eq!(Command::new("").folder("Entw&APw-rfe", true).last, "\"Entwürfe\"".as_bytes());
        assert_eq!(Command::new("").folder("Entw&APw-rfe", false).last, b"\"Entw&APw-rfe\"");
    }

    #[test]
    fn a_set_is_written_in_ranges() {
        assert_eq!(uid_set(&[(1, 3), (7, 7), (9, 10)]), "1:3,7,9:10");
    }
}
