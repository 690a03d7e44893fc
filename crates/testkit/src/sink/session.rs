//! One SMTP session (RFC 5321) of the sink.

use super::{Fault, Received, Shared, Stage};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// What a step leaves for the session to do.
enum Next {
    GoOn,
    Close,
}

pub(super) struct Session<'a> {
    shared: &'a Shared,
    number: usize,
    input: BufReader<TcpStream>,
    output: TcpStream,
    login: Option<String>,
    sender: Option<(String, String)>,
    recipients: Vec<String>,
    /// Collected by BDAT so far.
    chunks: Vec<u8>,
}

impl<'a> Session<'a> {
    pub(super) fn new(shared: &'a Shared, number: usize, stream: TcpStream) -> io::Result<Session<'a>> {
        let input = BufReader::new(stream.try_clone()?);
        let chunks = Vec::new();
        Ok(Session { shared, number, input, output: stream, login: None, sender: None, recipients: Vec::new(), chunks })
    }

    pub(super) fn run(mut self) -> io::Result<()> {
        let mut next = self.unless(Stage::Greeting, |session| session.say("220 sink.test ESMTP ready"))?;
        while let Next::GoOn = next {
            let Some(line) = self.line()? else { return Ok(()) };
            self.shared.lock().commands.push((self.number, line.clone()));
            next = self.command(&line)?;
        }
        self.output.shutdown(std::net::Shutdown::Both)
    }

    fn command(&mut self, line: &str) -> io::Result<Next> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => self.unless(Stage::Hello, Session::offer),
            "HELO" => self.unless(Stage::Hello, |session| session.say("250 sink.test")),
            "AUTH" => self.unless(Stage::Auth, |session| session.sign_in(rest)),
            "MAIL" => self.unless(Stage::Mail, |session| session.mail(rest)),
            "RCPT" => self.unless(Stage::Rcpt, |session| session.rcpt(rest)),
            "DATA" => self.unless(Stage::Data, Session::data),
            "BDAT" => self.chunk(rest),
            "RSET" => {
                self.forget();
                self.say("250 2.0.0 forgotten")
            }
            "NOOP" => self.say("250 2.0.0 here"),
            "QUIT" => self.say("221 2.0.0 bye").map(|_| Next::Close),
            _ => self.say("502 5.5.1 no such command"),
        }
    }

    fn offer(&mut self) -> io::Result<Next> {
        let mut words = vec!["sink.test".to_owned()];
        words.extend(self.shared.lock().extensions.clone());
        let last = words.len() - 1;
        let line = |(index, word): (usize, &String)| format!("250{}{word}\r\n", if index == last { ' ' } else { '-' });
        let reply: String = words.iter().enumerate().map(line).collect();
        self.output.write_all(reply.as_bytes())?;
        Ok(Next::GoOn)
    }

    /// Any name and password will do: PLAIN (RFC 4616) with or without an initial response, and LOGIN.
    fn sign_in(&mut self, rest: &str) -> io::Result<Next> {
        let (mechanism, initial) = rest.split_once(' ').unwrap_or((rest, ""));
        let user = if mechanism.eq_ignore_ascii_case("PLAIN") {
            let words = if initial.is_empty() { self.ask("")? } else { initial.to_owned() };
            decoded(&words).split('\0').nth(1).unwrap_or_default().to_owned()
        } else {
            let user = if initial.is_empty() { self.ask("Username:")? } else { initial.to_owned() };
            self.ask("Password:")?;
            decoded(&user)
        };
        self.login = Some(user);
        self.say("235 2.7.0 welcome")
    }

    fn ask(&mut self, question: &str) -> io::Result<String> {
        self.say(&format!("334 {}", STANDARD.encode(question)))?;
        Ok(self.line()?.unwrap_or_default())
    }

    fn mail(&mut self, rest: &str) -> io::Result<Next> {
        self.forget();
        self.sender = Some(path(rest));
        self.say("250 2.1.0 go on")
    }

    fn rcpt(&mut self, rest: &str) -> io::Result<Next> {
        let (recipient, _) = path(rest);
        let refusal = self.shared.lock().recipients.get(&recipient).cloned();
        if let Some(words) = refusal {
            return self.say(&words);
        }
        if self.sender.is_none() {
            return self.say("503 5.5.1 MAIL first");
        }
        self.recipients.push(recipient);
        self.say("250 2.1.5 go on")
    }

    fn data(&mut self) -> io::Result<Next> {
        if self.recipients.is_empty() {
            return self.say("503 5.5.1 nobody to send it to");
        }
        self.say("354 go on")?;
        let mut raw = Vec::new();
        loop {
            let mut line = Vec::new();
            if self.input.read_until(b'\n', &mut line)? == 0 {
                return Ok(Next::Close);
            }
            if line == b".\r\n" {
                return self.take(raw);
            }
            raw.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            if let Some(fault) = self.fault_after(raw.len()) {
                return self.suffer(&fault);
            }
        }
    }

    /// BDAT (RFC 3030): so many bytes, then a reply.
    fn chunk(&mut self, rest: &str) -> io::Result<Next> {
        let mut words = rest.split(' ');
        let size: usize = words.next().and_then(|digits| digits.parse().ok()).unwrap_or(0);
        let last = words.next().is_some_and(|word| word.eq_ignore_ascii_case("LAST"));
        let mut bytes = vec![0; size];
        self.input.read_exact(&mut bytes)?;
        if self.chunks.is_empty()
            && let Some(fault) = self.fault(Stage::Data)
        {
            return self.suffer(&fault);
        }
        if self.recipients.is_empty() {
            return self.say("503 5.5.1 nobody to send it to");
        }
        self.chunks.extend_from_slice(&bytes);
        if let Some(fault) = self.fault_after(self.chunks.len()) {
            return self.suffer(&fault);
        }
        if !last {
            return self.say("250 2.0.0 go on");
        }
        let raw = std::mem::take(&mut self.chunks);
        self.take(raw)
    }

    fn take(&mut self, raw: Vec<u8>) -> io::Result<Next> {
        if let Some(fault) = self.fault(Stage::Final) {
            self.forget();
            return self.suffer(&fault);
        }
        let fault = self.fault(Stage::Taken);
        let (sender, parameters) = self.sender.take().unwrap_or_default();
        let received = Received {
            connection: self.number,
            login: self.login.clone(),
            sender,
            parameters,
            recipients: std::mem::take(&mut self.recipients),
            raw,
            told: fault.is_none(),
        };
        self.shared.lock().received.push(received);
        self.shared.arrival.notify_all();
        match fault {
            Some(fault) => self.suffer(&fault),
            None => self.say("250 2.0.0 taken"),
        }
    }

    fn forget(&mut self) {
        self.sender = None;
        self.recipients.clear();
        self.chunks.clear();
    }

    fn unless(&mut self, stage: Stage, go_on: impl FnOnce(&mut Self) -> io::Result<Next>) -> io::Result<Next> {
        match self.fault(stage) {
            Some(fault) => self.suffer(&fault),
            None => go_on(self),
        }
    }

    fn fault(&self, stage: Stage) -> Option<Fault> {
        self.fault_where(|planned| planned == stage)
    }

    fn fault_after(&self, bytes: usize) -> Option<Fault> {
        self.fault_where(|planned| matches!(planned, Stage::DuringData(limit) if bytes >= limit))
    }

    fn fault_where(&self, fits: impl Fn(Stage) -> bool) -> Option<Fault> {
        let mut inner = self.shared.lock();
        let (stage, fault, times) = inner.faults.iter_mut().find(|(stage, _, times)| *times > 0 && fits(*stage))?;
        *times -= 1;
        let (stage, fault) = (*stage, fault.clone());
        inner.struck.push(stage);
        Some(fault)
    }

    fn suffer(&mut self, fault: &Fault) -> io::Result<Next> {
        match fault {
            Fault::Reply(words) => {
                self.say(words)?;
                Ok(if words.starts_with("421") { Next::Close } else { Next::GoOn })
            }
            Fault::Close => Ok(Next::Close),
            Fault::Silence => {
                io::copy(&mut self.input, &mut io::sink())?;
                Ok(Next::Close)
            }
        }
    }

    fn say(&mut self, words: &str) -> io::Result<Next> {
        self.output.write_all(format!("{words}\r\n").as_bytes())?;
        Ok(Next::GoOn)
    }

    fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = Vec::new();
        let read = self.input.read_until(b'\n', &mut line)?;
        Ok((read > 0).then(|| String::from_utf8_lossy(&line).trim_end().to_owned()))
    }
}

/// Splits `FROM:<a@b> SIZE=1` into the address and what follows.
fn path(rest: &str) -> (String, String) {
    let inside = rest.split_once('<').map_or(rest, |(_, after)| after);
    let (address, after) = inside.split_once('>').unwrap_or((inside, ""));
    (address.to_owned(), after.trim().to_owned())
}

fn decoded(words: &str) -> String {
    String::from_utf8_lossy(&STANDARD.decode(words).unwrap_or_default()).into_owned()
}
