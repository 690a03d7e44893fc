//! Commands as they come in (RFC 3501 §9) and bytes as they go out.

use std::io;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// One argument of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Arg {
    Atom(String),
    /// A quoted string or a literal.
    Text(Vec<u8>),
    List(Vec<Arg>),
}

impl Arg {
    /// The words of an atom or string.
    pub(super) fn text(&self) -> String {
        match self {
            Arg::Atom(word) => word.clone(),
            Arg::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Arg::List(_) => String::new(),
        }
    }

    pub(super) fn upper(&self) -> String {
        self.text().to_ascii_uppercase()
    }

    pub(super) fn list(&self) -> &[Arg] {
        if let Arg::List(args) = self { args } else { &[] }
    }
}

/// Splits a line in which literals stand as NUL, index, NUL. `None` when it does not follow the grammar.
fn arguments(line: &[u8], literals: &[Vec<u8>]) -> Option<Vec<Arg>> {
    let mut at = 0;
    let args = list(line, &mut at, literals, false)?;
    (at == line.len()).then_some(args)
}

fn list(line: &[u8], at: &mut usize, literals: &[Vec<u8>], inner: bool) -> Option<Vec<Arg>> {
    let mut args = Vec::new();
    loop {
        match line.get(*at) {
            None => return (!inner).then_some(args),
            Some(b' ') => *at += 1,
            Some(b')') if inner => {
                *at += 1;
                return Some(args);
            }
            Some(b'(') => {
                *at += 1;
                args.push(Arg::List(list(line, at, literals, true)?));
            }
            Some(b'"') => args.push(Arg::Text(quoted(line, at)?)),
            Some(0) => {
                let end = *at + 1 + line[*at + 1..].iter().position(|byte| *byte == 0)?;
                let index: usize = std::str::from_utf8(&line[*at + 1..end]).ok()?.parse().ok()?;
                args.push(Arg::Text(literals.get(index)?.clone()));
                *at = end + 1;
            }
            Some(_) => args.push(Arg::Atom(atom(line, at)?)),
        }
    }
}

fn quoted(line: &[u8], at: &mut usize) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    *at += 1;
    loop {
        match *line.get(*at)? {
            b'"' => {
                *at += 1;
                return Some(text);
            }
            b'\\' => {
                text.push(*line.get(*at + 1)?);
                *at += 2;
            }
            byte => {
                text.push(byte);
                *at += 1;
            }
        }
    }
}

/// Up to a space or bracket; `[...]` belongs to it with everything inside, as in `BODY[HEADER.FIELDS (TO)]<0.9>`.
fn atom(line: &[u8], at: &mut usize) -> Option<String> {
    let begin = *at;
    let mut depth = 0;
    while let Some(byte) = line.get(*at) {
        match byte {
            b'[' => depth += 1,
            b']' => depth -= 1,
            b' ' | b'(' | b')' if depth == 0 => break,
            _ => {}
        }
        *at += 1;
    }
    (*at > begin && depth == 0).then(|| String::from_utf8_lossy(&line[begin..*at]).into_owned())
}

/// Reads commands, and asks for literals on the way.
#[derive(Debug)]
pub(super) struct Reader(pub(super) BufReader<OwnedReadHalf>);

/// A command: its tag and arguments, the first of which is its name. No arguments when it could not be read.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) tag: String,
    pub(super) args: Vec<Arg>,
    pub(super) line: String,
}

impl Reader {
    /// `None` when the client is gone.
    pub(super) async fn command(&mut self, output: &mut Writer) -> io::Result<Option<Command>> {
        let (mut whole, mut literals) = (Vec::new(), Vec::new());
        loop {
            let Some(line) = self.line().await? else { return Ok(None) };
            let Some((before, size, wait)) = literal_at_end(&line) else {
                whole.extend_from_slice(&line);
                break;
            };
            whole.extend_from_slice(before);
            if wait {
                output.send(b"+ go on\r\n").await?;
            }
            let mut bytes = vec![0; size];
            self.0.read_exact(&mut bytes).await?;
            whole.extend_from_slice(format!("\0{}\0", literals.len()).as_bytes());
            literals.push(bytes);
        }
        let line = String::from_utf8_lossy(&whole).into_owned();
        let mut args = arguments(&whole, &literals).unwrap_or_default();
        let tag = if args.is_empty() { String::new() } else { args.remove(0).text() };
        Ok(Some(Command { tag, args, line }))
    }

    /// Without its end. `None` when the client is gone.
    pub(super) async fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        if self.0.read_until(b'\n', &mut line).await? == 0 {
            return Ok(None);
        }
        while line.last().is_some_and(|byte| *byte == b'\r' || *byte == b'\n') {
            line.pop();
        }
        Ok(Some(line))
    }
}

/// What stands before `{12}` or `{12+}` at the end, the size, and whether the client waits for our word (RFC 7888).
fn literal_at_end(line: &[u8]) -> Option<(&[u8], usize, bool)> {
    let inside = line.strip_suffix(b"}")?;
    let open = inside.iter().rposition(|byte| *byte == b'{')?;
    let digits = std::str::from_utf8(&inside[open + 1..]).ok()?;
    let wait = !digits.ends_with('+');
    let size = digits.trim_end_matches('+').parse().ok()?;
    Some((&line[..open], size, wait))
}

/// Sends bytes until the number that was set for it is used up; then the connection is cut there.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) stream: OwnedWriteHalf,
    pub(super) cut: std::sync::Arc<std::sync::Mutex<Option<usize>>>,
}

impl Writer {
    pub(super) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let allowed = self.allowed(bytes.len());
        self.stream.write_all(&bytes[..allowed]).await?;
        if allowed < bytes.len() {
            self.stream.shutdown().await?;
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }

    fn allowed(&self, wanted: usize) -> usize {
        let mut cut = self.cut.lock().unwrap_or_else(|broken| broken.into_inner());
        match *cut {
            Some(left) if left < wanted => {
                *cut = None;
                left
            }
            Some(left) => {
                *cut = Some(left - wanted);
                wanted
            }
            None => wanted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_keep_sections_lists_strings_and_literals_apart() {
        let line = b"UID FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (TO CC)]<0.9>) \"a \\\" b\" \x000\x00";
        let args = arguments(line, &[b"letter".to_vec()]).unwrap();
        assert_eq!(args[3].list()[1], Arg::Atom("BODY.PEEK[HEADER.FIELDS (TO CC)]<0.9>".into()));
        assert_eq!(args[4], Arg::Text(b"a \" b".to_vec()));
        assert_eq!(args[5], Arg::Text(b"letter".to_vec()));
        assert_eq!(arguments(b"LIST (", &[]), None);
    }
}
