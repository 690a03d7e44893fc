//! OK, NO, BAD, BYE and PREAUTH with their codes (RFC 9051 §7.1, RFC 5530).

use super::uid_set;
use mail::{RemoteId, RemoteSet};

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Done.
    Ok,
    /// Refused.
    No,
    /// Not understood.
    Bad,
    /// The server ends the connection.
    Bye,
    /// Greeting: signed in already.
    Preauth,
}

/// A condition with its code and text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// How it went.
    pub condition: Condition,
    /// What stood in brackets.
    pub code: Option<Code>,
    /// The rest, for people.
    pub text: String,
}

/// What stands in brackets before the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// CAPABILITY, upper case.
    Capability(Vec<String>),
    /// UIDVALIDITY; `0` is what some servers say.
    UidValidity(u32),
    /// UIDNEXT.
    UidNext(u32),
    /// HIGHESTMODSEQ.
    HighestModseq(u64),
    /// NOMODSEQ: this folder has none.
    NoModseq,
    /// APPENDUID: UIDVALIDITY and the first UID.
    AppendUid(u32, u32),
    /// COPYUID: UIDVALIDITY there, which were copied, and the first UID there.
    CopyUid(u32, RemoteSet, u32),
    /// Any other, upper case, without its arguments.
    Named(String),
}

/// Reads what follows the tag; `None` when it is no condition.
pub(super) fn read(text: &[u8]) -> Option<Status> {
    let end = text.iter().position(|byte| matches!(byte, b' ' | b'\r' | b'\n')).unwrap_or(text.len());
    let condition = match text[..end].to_ascii_uppercase().as_slice() {
        b"OK" => Condition::Ok,
        b"NO" => Condition::No,
        b"BAD" => Condition::Bad,
        b"BYE" => Condition::Bye,
        b"PREAUTH" => Condition::Preauth,
        _ => return None,
    };
    let rest = text[end..].trim_ascii();
    let (code, words) = match rest.strip_prefix(b"[").and_then(|inner| Some((inner, code_end(inner)?))) {
        Some((inner, end)) => (read_code(&inner[..end]), &inner[end + 1..]),
        None => (None, rest),
    };
    Some(Status { condition, code, text: String::from_utf8_lossy(words.trim_ascii()).into_owned() })
}

/// Where the bracket closes; one inside parentheses or quotes is a flag's.
fn code_end(inner: &[u8]) -> Option<usize> {
    let (mut depth, mut quoted) = (0usize, false);
    let balanced = inner.iter().position(|byte| {
        match byte {
            b'"' => quoted = !quoted,
            b'(' if !quoted => depth += 1,
            b')' if !quoted => depth = depth.saturating_sub(1),
            b']' => return depth == 0 && !quoted,
            _ => {}
        }
        false
    });
    balanced.or_else(|| inner.iter().position(|byte| *byte == b']'))
}

fn read_code(inner: &[u8]) -> Option<Code> {
    let text = String::from_utf8_lossy(inner);
    let mut words = text.split_ascii_whitespace();
    let name = words.next()?.to_ascii_uppercase();
    let mut small = || words.next().and_then(|word| word.parse::<u32>().ok());
    let code = match name.as_str() {
        "CAPABILITY" => return Some(Code::Capability(upper_words(&inner[name.len().min(inner.len())..]))),
        "UIDVALIDITY" => small().map(Code::UidValidity),
        "UIDNEXT" => small().map(Code::UidNext),
        "HIGHESTMODSEQ" => words.next().and_then(|word| word.parse().ok()).map(Code::HighestModseq),
        "NOMODSEQ" => Some(Code::NoModseq),
        "APPENDUID" => small().zip(words.next().and_then(first_uid)).map(|(epoch, uid)| Code::AppendUid(epoch, uid)),
        "COPYUID" => small().and_then(|epoch| {
            let from = uid_set(words.next()?.as_bytes());
            Some(Code::CopyUid(epoch, from, first_uid(words.next()?)?))
        }),
        _ => None,
    };
    Some(code.unwrap_or(Code::Named(name)))
}

fn first_uid(set: &str) -> Option<u32> {
    uid_set(set.as_bytes()).uids().next()
}

impl Status {
    /// The code's name when it is one without numbers.
    pub fn named(&self, name: &str) -> bool {
        matches!(&self.code, Some(Code::Named(known)) if known == name)
    }

    /// The id a message got by APPEND or COPY, and its UIDVALIDITY.
    pub fn new_id(&self) -> Option<(i64, RemoteId)> {
        match &self.code {
            Some(Code::AppendUid(epoch, uid) | Code::CopyUid(epoch, _, uid)) if *epoch > 0 => {
                Some((i64::from(*epoch), RemoteId::Uid(*uid)))
            }
            _ => None,
        }
    }
}

/// The words of a list, upper case.
pub(super) fn upper_words(text: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(text).split_ascii_whitespace().map(str::to_ascii_uppercase).collect()
}
