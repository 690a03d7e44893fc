//! A POP3 server in memory whose mailbox a test can change, and which breaks the rules it is told to break.

use crate::listener::Listener;
use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// One message in the mailbox.
#[derive(Debug, Clone)]
pub struct PopLetter {
    /// What UIDL says.
    pub name: String,
    /// The exact bytes.
    pub raw: Vec<u8>,
    /// What LIST says of its size, where that is not true.
    pub claims: Option<u64>,
}

/// What becomes of QUIT after messages were marked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Quit {
    /// They are deleted and the server says so.
    #[default]
    Well,
    /// They are deleted and the connection ends without a word.
    LostAfter,
    /// The connection ends, and nothing is deleted.
    LostBefore,
    /// The server says that it could not.
    Refused,
    /// The server says nothing, and deletes nothing, as long as the connection lasts.
    Silent,
}

/// The mailbox and what is wrong with the server.
#[derive(Debug, Default)]
pub struct PopState {
    /// In their order.
    pub letters: Vec<PopLetter>,
    /// Lines of CAPA.
    pub capabilities: Vec<String>,
    /// UIDL is not known.
    pub without_names: bool,
    /// Whoever signs in is told that somebody else is there.
    pub in_use: bool,
    /// What comes of QUIT.
    pub quit: Quit,
    /// The connection ends in the middle of this RETR, counted from 1 over all connections.
    pub cut_at: Option<usize>,
    /// The message with this name never ends.
    pub endless: Option<String>,
    /// Every line that was heard.
    pub heard: Vec<String>,
    retrieved: usize,
    /// The connection that has the mailbox.
    open: Option<usize>,
}

/// How long a sign-in waits for a connection that is just ending.
const ENDING: Duration = Duration::from_secs(5);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<PopState>,
    freed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, PopState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PopState {
    /// How many lines began so.
    pub fn heard(&self, beginning: &str) -> usize {
        self.heard.iter().filter(|line| line.starts_with(beginning)).count()
    }
}

/// A running server; everybody may sign in, one at a time.
#[derive(Debug)]
pub struct ModelPop3 {
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    _listener: Listener,
    shared: Arc<Shared>,
}

impl ModelPop3 {
    /// Starts one with an empty mailbox.
    pub fn start() -> ModelPop3 {
        let capabilities = ["USER", "UIDL", "TOP", "RESP-CODES", "PIPELINING", "SASL PLAIN"];
        let state = PopState { capabilities: capabilities.map(str::to_owned).to_vec(), ..PopState::default() };
        let shared = Arc::new(Shared { state: Mutex::new(state), freed: Condvar::new() });
        let serving = shared.clone();
        let listener = Listener::start(move |number, stream| {
            let mut session = Session { number, shared: serving.clone(), listed: None, marked: BTreeSet::new() };
            let served = session.serve(stream);
            session.release();
            served
        });
        ModelPop3 { port: listener.port, _listener: listener, shared }
    }

    /// The mailbox, to look at and to change.
    pub fn state(&self) -> MutexGuard<'_, PopState> {
        self.shared.lock()
    }

    /// Puts a message in.
    pub fn add(&self, name: &str, raw: &[u8]) {
        let letter = PopLetter { name: name.to_owned(), raw: raw.to_vec(), claims: None };
        self.state().letters.push(letter);
    }

    /// The names of what is there.
    pub fn names(&self) -> Vec<String> {
        self.state().letters.iter().map(|letter| letter.name.clone()).collect()
    }
}

struct Session {
    number: usize,
    shared: Arc<Shared>,
    /// What was there at the sign-in.
    listed: Option<Vec<PopLetter>>,
    marked: BTreeSet<usize>,
}

/// What follows an answer.
enum Then {
    GoOn,
    Close,
}

impl Session {
    fn state(&self) -> MutexGuard<'_, PopState> {
        self.shared.lock()
    }

    /// Lets the mailbox go.
    fn release(&self) {
        let mut state = self.state();
        if state.open == Some(self.number) {
            state.open = None;
            self.shared.freed.notify_all();
        }
    }

    fn serve(&mut self, stream: TcpStream) -> io::Result<()> {
        let mut input = BufReader::new(stream.try_clone()?);
        let mut output = stream;
        output.write_all(b"+OK ready\r\n")?;
        let mut line = String::new();
        while {
            line.clear();
            input.read_line(&mut line)? > 0
        } {
            let said = line.trim_end().to_owned();
            self.state().heard.push(said.clone());
            if let Then::Close = self.answer(&said, &mut output)? {
                return output.shutdown(Shutdown::Both);
            }
        }
        Ok(())
    }

    fn answer(&mut self, said: &str, output: &mut TcpStream) -> io::Result<Then> {
        let mut words = said.split(' ');
        let command = words.next().unwrap_or_default().to_ascii_uppercase();
        let number: Option<usize> = words.next().and_then(|word| word.parse().ok());
        match (command.as_str(), self.listed.is_some()) {
            ("CAPA", _) => {
                let lines = self.state().capabilities.clone();
                many(output, lines.into_iter())?;
            }
            ("AUTH", false) => output.write_all(b"+ \r\n")?,
            ("USER", false) => output.write_all(b"+OK\r\n")?,
            ("QUIT", _) => return self.quit(output),
            (_, false) => {
                let waited = self.shared.freed.wait_timeout_while(self.state(), ENDING, |state| state.open.is_some());
                let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
                if state.in_use || state.open.is_some() {
                    output.write_all(b"-ERR [IN-USE] somebody else has this mailbox open\r\n")?;
                    return Ok(Then::GoOn);
                }
                state.open = Some(self.number);
                let letters = state.letters.clone();
                drop(state);
                self.listed = Some(letters);
                output.write_all(b"+OK welcome\r\n")?;
            }
            ("UIDL", _) if self.state().without_names => output.write_all(b"-ERR what is UIDL?\r\n")?,
            ("UIDL", _) => {
                let lines = self.there().map(|(number, letter)| format!("{number} {}", letter.name));
                many(output, lines.collect::<Vec<_>>().into_iter())?;
            }
            ("LIST", _) => {
                let size = |letter: &PopLetter| letter.claims.unwrap_or(letter.raw.len() as u64);
                let lines = self.there().map(|(number, letter)| format!("{number} {}", size(letter)));
                many(output, lines.collect::<Vec<_>>().into_iter())?;
            }
            ("RETR" | "TOP", _) => return self.give(command == "TOP", number.unwrap_or(0), output),
            ("DELE", _) => {
                self.marked.insert(number.unwrap_or(0));
                output.write_all(b"+OK marked\r\n")?;
            }
            _ => output.write_all(b"-ERR unknown\r\n")?,
        }
        Ok(Then::GoOn)
    }

    fn there(&self) -> impl Iterator<Item = (usize, &PopLetter)> {
        self.listed.iter().flatten().enumerate().map(|(at, letter)| (at + 1, letter))
    }

    fn give(&self, head_only: bool, number: usize, output: &mut TcpStream) -> io::Result<Then> {
        let letters = self.listed.as_deref().unwrap_or_default();
        let Some(letter) = number.checked_sub(1).and_then(|at| letters.get(at)) else {
            output.write_all(b"-ERR no such message\r\n")?;
            return Ok(Then::GoOn);
        };
        output.write_all(b"+OK here it comes\r\n")?;
        if !head_only {
            let (cut, endless) = {
                let mut state = self.state();
                state.retrieved += 1;
                (state.cut_at == Some(state.retrieved), state.endless.as_ref() == Some(&letter.name))
            };
            if cut {
                output.write_all(&letter.raw[..letter.raw.len() / 2])?;
                return Ok(Then::Close);
            }
            if endless {
                // Until the client has had enough.
                loop {
                    output.write_all(&[b'x'; 4096])?;
                }
            }
        }
        let text = match head_only {
            true => {
                let end =
                    letter.raw.windows(4).position(|four| four == b"\r\n\r\n").map_or(letter.raw.len(), |at| at + 4);
                &letter.raw[..end]
            }
            false => &letter.raw[..],
        };
        let mut wire = Vec::with_capacity(text.len() + 16);
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            if line.starts_with(b".") {
                wire.push(b'.');
            }
            wire.extend_from_slice(line);
        }
        wire.extend_from_slice(b".\r\n");
        output.write_all(&wire)?;
        Ok(Then::GoOn)
    }

    fn quit(&mut self, output: &mut TcpStream) -> io::Result<Then> {
        let how = if self.marked.is_empty() { Quit::Well } else { self.state().quit };
        if matches!(how, Quit::Well | Quit::LostAfter) {
            let gone: Vec<String> = self
                .there()
                .filter(|(number, _)| self.marked.contains(number))
                .map(|(_, letter)| letter.name.clone())
                .collect();
            self.state().letters.retain(|letter| !gone.contains(&letter.name));
        }
        if how != Quit::Silent {
            // Whoever hears the answer may come back at once.
            self.release();
        }
        match how {
            Quit::Well => output.write_all(b"+OK bye\r\n")?,
            Quit::Refused => output.write_all(b"-ERR [SYS/TEMP] some messages could not be removed\r\n")?,
            Quit::LostAfter | Quit::LostBefore => {}
            Quit::Silent => return Ok(Then::GoOn),
        }
        Ok(Then::Close)
    }
}

fn many(output: &mut TcpStream, lines: impl Iterator<Item = String>) -> io::Result<()> {
    let lines: String = lines.map(|line| format!("{line}\r\n")).collect();
    output.write_all(format!("+OK\r\n{lines}.\r\n").as_bytes())
}
