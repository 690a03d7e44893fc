//! A server that says what a test tells it to, true or not: for hostile IMAP and SMTP.

use crate::listener::Listener;
use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

type Answer = Arc<dyn Fn(&str) -> Vec<u8> + Send + Sync>;

/// What happens on one connection, step by step.
#[derive(Clone, Default)]
pub struct Script {
    steps: Vec<Step>,
}

#[derive(Clone)]
enum Step {
    Send(Vec<u8>),
    Expect(String),
    Reply(String),
    Flood(Vec<u8>, u64),
    Drip(Vec<u8>, Duration),
    Rest(Answer),
    Close,
}

impl Script {
    /// Nothing yet; when a script ends, the connection stays open and silent until the client leaves.
    pub fn new() -> Script {
        Script::default()
    }

    /// Sends these bytes as they are.
    pub fn send(self, bytes: impl AsRef<[u8]>) -> Script {
        self.then(Step::Send(bytes.as_ref().to_vec()))
    }

    /// Reads lines until one contains `text` (in any case), and remembers the tag in front of it.
    pub fn expect(self, text: &str) -> Script {
        self.then(Step::Expect(text.to_ascii_uppercase()))
    }

    /// Sends a line that begins with the tag of the line last expected.
    pub fn reply(self, words: &str) -> Script {
        self.then(Step::Reply(words.to_owned()))
    }

    /// Sends these bytes again and again, `times` times or until the client leaves.
    pub fn flood(self, bytes: impl AsRef<[u8]>, times: u64) -> Script {
        self.then(Step::Flood(bytes.as_ref().to_vec(), times))
    }

    /// Sends these bytes one at a time with a pause after each.
    pub fn drip(self, bytes: impl AsRef<[u8]>, pause: Duration) -> Script {
        self.then(Step::Drip(bytes.as_ref().to_vec(), pause))
    }

    /// Answers every further line with what `answer` makes of it, until the client leaves.
    pub fn rest(self, answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Script {
        self.then(Step::Rest(Arc::new(answer)))
    }

    /// Closes the connection.
    pub fn close(self) -> Script {
        self.then(Step::Close)
    }

    fn then(mut self, step: Step) -> Script {
        self.steps.push(step);
        self
    }
}

/// A server that plays scripts: the first connection the first of them, and every later one at the end the last.
#[derive(Debug)]
pub struct ScriptedServer {
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    listener: Listener,
    heard: Arc<Mutex<Vec<(usize, String)>>>,
}

impl ScriptedServer {
    /// Plays the same script on every connection.
    pub fn start(script: Script) -> ScriptedServer {
        ScriptedServer::start_each(vec![script])
    }

    /// Plays one script for each connection, the last of them again and again.
    pub fn start_each(scripts: Vec<Script>) -> ScriptedServer {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ears = heard.clone();
        let listener = Listener::start(move |number, stream| {
            let script = scripts.get(number).or(scripts.last()).cloned().unwrap_or_default();
            Play {
                number,
                heard: &ears,
                input: BufReader::new(stream.try_clone()?),
                output: stream,
                tag: String::new(),
            }
            .run(script)
        });
        ScriptedServer { port: listener.port, listener, heard }
    }

    /// Every line so far with the number of its connection.
    pub fn heard(&self) -> Vec<(usize, String)> {
        self.heard.lock().unwrap_or_else(|broken| broken.into_inner()).clone()
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.listener.accepted()
    }
}

struct Play<'a> {
    number: usize,
    heard: &'a Mutex<Vec<(usize, String)>>,
    input: BufReader<TcpStream>,
    output: TcpStream,
    tag: String,
}

impl Play<'_> {
    fn run(mut self, script: Script) -> io::Result<()> {
        for step in script.steps {
            match step {
                Step::Send(bytes) => self.output.write_all(&bytes)?,
                Step::Expect(text) => {
                    while let Some(line) = self.line()? {
                        if line.to_ascii_uppercase().contains(&text) {
                            self.tag = line.split(' ').next().unwrap_or_default().to_owned();
                            break;
                        }
                    }
                }
                Step::Reply(words) => self.output.write_all(format!("{} {words}\r\n", self.tag).as_bytes())?,
                Step::Flood(bytes, times) => (0..times).try_for_each(|_| self.output.write_all(&bytes))?,
                Step::Drip(bytes, pause) => {
                    for byte in bytes {
                        self.output.write_all(&[byte])?;
                        std::thread::sleep(pause);
                    }
                }
                Step::Rest(answer) => {
                    while let Some(line) = self.line()? {
                        self.output.write_all(&answer(&line))?;
                    }
                }
                Step::Close => return self.output.shutdown(std::net::Shutdown::Both),
            }
        }
        while self.line()?.is_some() {}
        Ok(())
    }

    fn line(&mut self) -> io::Result<Option<String>> {
        let mut bytes = Vec::new();
        if self.input.read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned();
        self.heard.lock().unwrap_or_else(|broken| broken.into_inner()).push((self.number, line.clone()));
        Ok(Some(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn a_script_is_played_with_the_clients_own_tags() {
        let script = Script::new().send("* OK ready\r\n").expect("login").reply("NO not today").close();
        let server = ScriptedServer::start(script);
        let mut client = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
        client.write_all(b"a7 LOGIN anna geheim\r\n").unwrap();
        let mut said = String::new();
        client.read_to_string(&mut said).unwrap();
        assert_eq!(said, "* OK ready\r\na7 NO not today\r\n");
        assert_eq!(server.heard(), [(0, "a7 LOGIN anna geheim".to_owned())]);
    }

    #[test]
    fn a_later_connection_plays_a_later_script() {
        let server = ScriptedServer::start_each(vec![Script::new().close(), Script::new().send("later").close()]);
        let mut said = String::new();
        for _ in 0..2 {
            let mut client = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
            client.read_to_string(&mut said).unwrap();
        }
        assert_eq!(said, "later");
        assert_eq!(server.connections(), 2);
    }
}
