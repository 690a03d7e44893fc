//! One command line of a client (RFC 5321 §4.1.1).

/// A command, with what stands after its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command<'a> {
    Helo(&'a str),
    Ehlo(&'a str),
    Mail(&'a str),
    Rcpt(&'a str),
    Data,
    Reset,
    Noop,
    Quit,
    Help,
    Verify,
    StartTls,
    /// There is nobody here to sign in as.
    Auth,
    /// Something that is followed by bytes that are no commands, or that another protocol says: the line is cut.
    Foreign,
    /// A known command that is written wrongly.
    Wrong,
    Unknown,
}

impl<'a> Command<'a> {
    /// Reads a line without its CRLF.
    pub(super) fn read(line: &'a [u8]) -> Command<'a> {
        let Ok(text) = std::str::from_utf8(line) else { return Command::Unknown };
        if text.bytes().any(|byte| byte == 0) {
            return Command::Unknown;
        }
        let text = text.trim_end_matches([' ', '\t']);
        let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
        let alone = |command| if rest.is_empty() { command } else { Command::Wrong };
        match verb.to_ascii_uppercase().as_str() {
            "HELO" => Command::Helo(rest.trim()),
            "EHLO" => Command::Ehlo(rest.trim()),
            "MAIL" => after(rest, "FROM:").map_or(Command::Wrong, Command::Mail),
            "RCPT" => after(rest, "TO:").map_or(Command::Wrong, Command::Rcpt),
            "DATA" => alone(Command::Data),
            "RSET" => alone(Command::Reset),
            "QUIT" => alone(Command::Quit),
            "STARTTLS" => alone(Command::StartTls),
            "NOOP" => Command::Noop,
            "HELP" => Command::Help,
            "VRFY" | "EXPN" => Command::Verify,
            "AUTH" => Command::Auth,
            // A browser that was led here, and BDAT, which was not offered: its bytes would be read as commands.
            "BDAT" | "GET" | "POST" | "PUT" | "HEAD" | "OPTIONS" | "CONNECT" | "HOST:" | "USER-AGENT:" => {
                Command::Foreign
            }
            _ => Command::Unknown,
        }
    }
}

/// What follows `FROM:` or `TO:`, whatever its case. Some put a blank between the colon and the path.
fn after<'a>(rest: &'a str, word: &str) -> Option<&'a str> {
    let rest = rest.trim_start();
    let head = rest.get(..word.len())?;
    head.eq_ignore_ascii_case(word).then(|| rest.get(word.len()..).unwrap_or_default().trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_known_in_any_case_and_nothing_else_is() {
        for (line, command) in [
            ("EHLO mail.x.nl ", Command::Ehlo("mail.x.nl")),
            ("helo x", Command::Helo("x")),
            ("mail from:<a@b.nl> SIZE=3", Command::Mail("<a@b.nl> SIZE=3")),
            ("MAIL FROM: <>", Command::Mail("<>")),
            ("RcPt To:<a@b.nl>", Command::Rcpt("<a@b.nl>")),
            ("DATA", Command::Data),
            ("DATA x", Command::Wrong),
            ("MAIL TO:<a@b.nl>", Command::Wrong),
            ("RCPT <a@b.nl>", Command::Wrong),
            ("noop for fun", Command::Noop),
            ("BDAT 5 LAST", Command::Foreign),
            ("GET / HTTP/1.1", Command::Foreign),
            ("AUTH PLAIN x", Command::Auth),
            ("XCLIENT ADDR=1.2.3.4", Command::Unknown),
            ("MAIL FROM:<a\0@b.nl>", Command::Unknown),
            ("", Command::Unknown),
        ] {
            assert_eq!(Command::read(line.as_bytes()), command, "{line:?}");
        }
        assert_eq!(Command::read(b"RCPT TO:<\xff@x>"), Command::Unknown);
    }
}
