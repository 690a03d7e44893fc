//! What a server answers (RFC 5321 §4.2), read strictly and within limits.

use crate::ServerWords;
use bytes::{Buf, BytesMut};

/// Longer lines and replies than any honest server sends end the connection (RFC 5321 §4.5.3.1.5 asks for 512).
const LINE_BYTES_MAX: usize = 4096;
const LINES_MAX: usize = 200;

/// One reply, all its lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reply {
    /// The three digits.
    pub code: u16,
    /// The enhanced status of RFC 3463, when it came.
    pub enhanced: Option<(u8, u16, u16)>,
    /// The text of each line, without code and enhanced status.
    pub lines: Vec<String>,
}

/// Why the bytes are no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// No end of line in sight.
    #[error("an endless reply")]
    TooLong,
    /// No code, or another code on each line.
    #[error("not an SMTP reply")]
    Malformed,
    /// The first byte is that of a TLS record.
    #[error("the server speaks TLS")]
    Tls,
}

impl Reply {
    /// 2yz.
    pub fn is_positive(&self) -> bool {
        self.code / 100 == 2
    }

    /// 4yz: try again later.
    pub fn is_transient(&self) -> bool {
        self.code / 100 == 4
    }

    /// The reply in one line, short and without control characters.
    pub fn words(&self) -> ServerWords {
        let status = self.enhanced.map(|(class, subject, detail)| format!(" {class}.{subject}.{detail}"));
        let text = format!("{}{} {}", self.code, status.unwrap_or_default(), self.lines.join(" "));
        ServerWords(clean(&text))
    }
}

/// One line a person can read: no control characters, at most 500 characters.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect::<String>().trim().to_owned()
}

/// The reply at the beginning of `buffer`, taken out of it, or `None` until more has come.
pub fn take_reply(buffer: &mut BytesMut) -> Result<Option<Reply>, ReplyError> {
    let mut reply = Reply::default();
    let mut used = 0;
    loop {
        let rest = buffer.get(used..).unwrap_or_default();
        let Some(end) = memchr::memchr(b'\n', rest) else {
            if rest.first().is_some_and(|byte| matches!(byte, 0x14..=0x17)) {
                return Err(ReplyError::Tls);
            }
            return if rest.len() > LINE_BYTES_MAX { Err(ReplyError::TooLong) } else { Ok(None) };
        };
        if end > LINE_BYTES_MAX || reply.lines.len() >= LINES_MAX {
            return Err(ReplyError::TooLong);
        }
        let line = rest.get(..end).unwrap_or_default();
        used += end + 1;
        if read_line(&mut reply, line.strip_suffix(b"\r").unwrap_or(line))? {
            buffer.advance(used);
            return Ok(Some(reply));
        }
    }
}

/// Adds one line; `true` when it was the last.
fn read_line(reply: &mut Reply, line: &[u8]) -> Result<bool, ReplyError> {
    let (digits, rest) = line.split_at_checked(3).ok_or(ReplyError::Malformed)?;
    let [first @ b'2'..=b'5', second @ b'0'..=b'9', third @ b'0'..=b'9'] = *digits else {
        return Err(if line.first() == Some(&0x15) { ReplyError::Tls } else { ReplyError::Malformed });
    };
    let code = [first, second, third].iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    // All lines carry one code (RFC 5321 §4.2.1); a server that says two things has said nothing.
    if !reply.lines.is_empty() && reply.code != code {
        return Err(ReplyError::Malformed);
    }
    reply.code = code;
    let (last, text) = match rest.split_first() {
        None => (true, rest),
        Some((b' ', text)) => (true, text),
        Some((b'-', text)) => (false, text),
        Some(_) => return Err(ReplyError::Malformed),
    };
    let text = String::from_utf8_lossy(text);
    let (status, words) = split_status(&text);
    if status.is_some() {
        reply.enhanced = reply.enhanced.or(status);
    }
    reply.lines.push(words.to_owned());
    Ok(last)
}

/// `5.1.1 No such user` is a status and its words.
fn split_status(text: &str) -> (Option<(u8, u16, u16)>, &str) {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let mut parts = word.split('.');
    let (Some(class), Some(subject), Some(detail), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return (None, text);
    };
    match (class.parse(), subject.parse(), detail.parse()) {
        (Ok(class @ (2 | 4 | 5)), Ok(subject @ 0..=999), Ok(detail @ 0..=999)) => {
            (Some((class, subject, detail)), rest.trim_start())
        }
        _ => (None, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Option<Reply>, ReplyError> {
        take_reply(&mut BytesMut::from(text))
    }

    #[test]
    fn every_line_of_a_refusal_is_kept() {
        let reply =
            read("550-5.7.1 Your message\r\n550-5.7.1 looks like spam.\r\n550 5.7.1 Sorry\r\n").unwrap().unwrap();

        assert_eq!((reply.code, reply.enhanced), (550, Some((5, 7, 1))));
        assert_eq!(reply.words().0, "550 5.7.1 Your message looks like spam. Sorry");
    }

    #[test]
    fn a_reply_is_taken_only_when_its_last_line_is_there() {
        let mut buffer = BytesMut::from("250-one\r\n250 tw");
        assert_eq!(take_reply(&mut buffer), Ok(None));
        buffer.extend_from_slice(b"o\r\n354 go\r\n");

        assert_eq!(take_reply(&mut buffer).unwrap().unwrap().lines, ["one", "two"]);
        assert_eq!(take_reply(&mut buffer).unwrap().unwrap().code, 354);
        assert!(buffer.is_empty());
    }

    #[test]
    fn a_reply_with_two_codes_is_none() {
        assert_eq!(read("250-fine\r\n550 no\r\n"), Err(ReplyError::Malformed));
    }

    #[test]
    fn what_is_not_smtp_is_said_to_be_so() {
        assert_eq!(read("* OK IMAP4rev1 ready\r\n"), Err(ReplyError::Malformed));
        assert_eq!(read("\x15\x03\x01\0\x02\x02\x46"), Err(ReplyError::Tls));
        assert_eq!(read("199 low\r\n"), Err(ReplyError::Malformed));
        assert_eq!(read("25\r\n"), Err(ReplyError::Malformed));
    }

    #[test]
    fn an_endless_line_or_list_ends_the_reading() {
        assert_eq!(read(&"2".repeat(5000)), Err(ReplyError::TooLong));
        assert_eq!(read(&"250-more\r\n".repeat(300)), Err(ReplyError::TooLong));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let mut buffer = BytesMut::from(bytes.as_slice());
            while let Ok(Some(_)) = take_reply(&mut buffer) {}
        }
    }
}
