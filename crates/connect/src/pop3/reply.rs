//! What a server says: yes or no, with a code where it gives one (RFC 2449 §8, RFC 3206), and what it can do.

use std::time::Duration;

/// The first line of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// `+OK`.
    pub ok: bool,
    /// What stands in brackets, upper case.
    pub code: Option<String>,
    /// The words, the code among them.
    pub text: String,
}

/// An answer while signing in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Yes or no.
    Reply(Reply),
    /// A question of the mechanism, still in base 64 (RFC 5034 §4).
    Challenge(Vec<u8>),
}

/// Reads a line; `None` when no POP3 server says that.
pub fn read(line: &[u8]) -> Option<Said> {
    let text = String::from_utf8_lossy(line);
    let words = |rest: &str| rest.trim().to_owned();
    if let Some(rest) = text.strip_prefix("+OK") {
        return Some(Said::Reply(Reply { ok: true, code: code(rest), text: words(rest) }));
    }
    if let Some(rest) = text.strip_prefix("-ERR") {
        return Some(Said::Reply(Reply { ok: false, code: code(rest), text: words(rest) }));
    }
    let question = line.strip_prefix(b"+ ").or((line == b"+").then_some(&b""[..]))?;
    Some(Said::Challenge(question.trim_ascii().to_vec()))
}

fn code(rest: &str) -> Option<String> {
    let (code, _) = rest.trim_start().strip_prefix('[')?.split_once(']')?;
    Some(code.to_ascii_uppercase())
}

impl Reply {
    /// Whether the code is this one or a part of it: `SYS` also for `SYS/TEMP`.
    pub fn is(&self, name: &str) -> bool {
        let rest = self.code.as_deref().and_then(|code| code.strip_prefix(name));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// What a server can do (RFC 2449 §5).
#[derive(Debug, Clone, Default)]
pub struct Capabilities {
    lines: Vec<String>,
}

impl Capabilities {
    /// From the lines of the answer to CAPA.
    pub fn new(lines: Vec<String>) -> Capabilities {
        Capabilities { lines: lines.iter().map(|line| line.to_ascii_uppercase()).collect() }
    }

    /// Whether the server names this one.
    pub fn has(&self, name: &str) -> bool {
        self.words(name).is_some()
    }

    /// The SASL mechanisms.
    pub fn mechanisms(&self) -> Vec<&str> {
        self.words("SASL").map(|words| words.split_ascii_whitespace().collect()).unwrap_or_default()
    }

    /// How long must lie between two sign-ins (RFC 2449 §6.5).
    pub fn login_delay(&self) -> Duration {
        let words = self.words("LOGIN-DELAY").unwrap_or_default();
        let seconds = words.split_ascii_whitespace().next().and_then(|seconds| seconds.parse().ok());
        Duration::from_secs(seconds.unwrap_or(0).min(24 * 3600))
    }

    fn words(&self, name: &str) -> Option<&str> {
        self.lines.iter().find_map(|line| {
            let rest = line.strip_prefix(name)?;
            (rest.is_empty() || rest.starts_with(' ')).then_some(rest)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(line: &str) -> Reply {
        match read(line.as_bytes()) {
            Some(Said::Reply(reply)) => reply,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn a_code_is_read_with_what_it_is_a_part_of() {
        let busy = reply("-ERR [SYS/TEMP] come back");
        assert!(!busy.ok && busy.is("SYS") && busy.is("SYS/TEMP") && !busy.is("SYS/PERM") && !busy.is("SY"));
        assert_eq!(busy.text, "[SYS/TEMP] come back");
        assert_eq!(reply("-ERR no [AUTH]").code, None);
        assert!(reply("+OK").ok);
        assert_eq!(read(b"+ Zm9v"), Some(Said::Challenge(b"Zm9v".to_vec())));
        assert_eq!(read(b"+"), Some(Said::Challenge(Vec::new())));
        assert_eq!(read(b"220 mail ready"), None);
    }

    #[test]
    fn a_capability_is_a_whole_word() {
        let lines = ["SASL PLAIN XOAUTH2", "login-delay 300 USER", "UTF8 USER", "STLSX"];
        let can = Capabilities::new(lines.map(str::to_owned).to_vec());
        assert_eq!(can.mechanisms(), ["PLAIN", "XOAUTH2"]);
        assert_eq!(can.login_delay(), Duration::from_secs(300));
        assert!(can.has("UTF8") && !can.has("STLS"));
        assert_eq!(Capabilities::default().login_delay(), Duration::ZERO);
    }
}
