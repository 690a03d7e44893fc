//! One conversation with a client, from greeting to good-bye.

mod letter;

use super::{
    Door, Shared,
    command::Command,
    gate::{Source, Stopped},
    path::{Path, Unread},
    proxy,
    wire::{Line, Wire},
};
use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};
use tokio::{
    net::TcpStream,
    sync::watch,
    time::{Instant, timeout, timeout_at},
};

/// Mistakes after which nobody listens any more.
const MISTAKES_MAX: u32 = 20;
/// How long a proxy may take to say for whom it comes, a client to be told good-bye, and a handshake.
const SHORTLY: Duration = Duration::from_secs(10);
/// What the client has said of a letter so far.
#[derive(Debug, Default)]
struct Envelope {
    sender: String,
    utf8: bool,
    recipients: Vec<String>,
}

struct Session<'a> {
    shared: &'a Shared,
    wire: Wire,
    client: IpAddr,
    source: Source,
    /// The protocol and the cipher.
    tls: Option<String>,
    /// What it called itself, and whether by EHLO.
    greeted: Option<(String, bool)>,
    envelope: Option<Envelope>,
    mistakes: u32,
    /// When the last letter was taken, or the client came.
    since: Instant,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    GoOn,
    HangUp,
}

/// Serves one client to its end.
pub(super) async fn run(
    shared: &Shared,
    stream: TcpStream,
    peer: SocketAddr,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let mut wire = Wire::new(stream);
    let mut client = peer.ip().to_canonical();
    if shared.options.proxies.iter().any(|network| network.contains(&client)) {
        let said = timeout(SHORTLY, proxy::read(wire.raw())).await.map_err(|_| io::ErrorKind::TimedOut)??;
        client = said.map_or(client, |said| said.to_canonical());
    }
    let source = Source::of(client);
    let entered = shared.gate.enter(source);
    if let Err(stopped) = &entered {
        shared.traffic.count(|traffic| &traffic.turned_away);
        wire.reply(match stopped {
            Stopped::Crowded => "421 4.7.0 Too many connections; try again later",
            Stopped::Guessing => "421 4.7.0 Too many unknown recipients; try again later",
        });
        // Whoever comes again and again would otherwise have more connections that end than may be open.
        return match shared.goodbyes.try_acquire() {
            Ok(_permit) => timeout(SHORTLY, wire.hang_up()).await.unwrap_or(Ok(())),
            Err(_) => wire.drop_off().await,
        };
    }
    let since = Instant::now();
    let mut session =
        Session { shared, wire, client, source, tls: None, greeted: None, envelope: None, mistakes: 0, since };
    session.wire.reply(&format!("220 {} ESMTP Postkamer", shared.options.name));
    session.talk(&mut stop).await?;
    timeout(SHORTLY, session.wire.hang_up()).await.unwrap_or(Ok(()))
}

impl Session<'_> {
    async fn talk(&mut self, stop: &mut watch::Receiver<bool>) -> io::Result<()> {
        loop {
            let line = tokio::select! {
                line = timeout_at(self.deadline(), self.wire.line()) => line,
                _ = stop.wait_for(|stop| *stop) => {
                    self.say("421 4.3.2 Closing for now; try again later");
                    return Ok(());
                }
            };
            let next = match line {
                Err(_) => {
                    self.say("421 4.4.2 Nothing came in time");
                    return Ok(());
                }
                Ok(line) => match line? {
                    Line::End => return Ok(()),
                    Line::Whole(line) => self.command(&line).await?,
                    Line::TooLong => self.mistake("500 5.5.6 Line too long"),
                    Line::Bare => {
                        self.say("500 5.5.2 A line ends with CR and LF together (RFC 5321, 2.3.8)");
                        Next::HangUp
                    }
                },
            };
            if next == Next::HangUp {
                return Ok(());
            }
        }
    }

    fn deadline(&self) -> Instant {
        let options = &self.shared.options;
        (Instant::now() + options.patience).min(self.since + options.patience_for_letter)
    }

    fn say(&mut self, reply: &str) {
        self.wire.reply(reply);
    }

    fn fine(&mut self, reply: &str) -> Next {
        self.say(reply);
        Next::GoOn
    }

    fn mistake(&mut self, reply: &str) -> Next {
        self.mistakes += 1;
        if self.mistakes > MISTAKES_MAX {
            self.say("421 4.7.0 Too many mistakes");
            return Next::HangUp;
        }
        self.fine(reply)
    }

    async fn command(&mut self, line: &[u8]) -> io::Result<Next> {
        Ok(match Command::read(line) {
            Command::Helo(name) => self.greet(name, false),
            Command::Ehlo(name) => self.greet(name, true),
            Command::StartTls => return self.start_tls().await,
            Command::Mail(path) => self.mail(path),
            Command::Rcpt(path) => self.rcpt(path).await,
            Command::Data => return self.data().await,
            Command::Reset => {
                self.envelope = None;
                self.fine("250 2.0.0 Forgotten")
            }
            Command::Noop => self.fine("250 2.0.0 Done"),
            Command::Quit => {
                self.say("221 2.0.0 Good-bye");
                Next::HangUp
            }
            Command::Help => self.fine("214 2.0.0 This server takes mail for its own addresses (RFC 5321)"),
            Command::Verify => self.mistake("252 2.5.0 Send mail, and you will be told"),
            Command::Auth => self.mistake("503 5.5.1 Nobody signs in here"),
            Command::Wrong => self.mistake("501 5.5.4 That is written wrongly"),
            Command::Unknown => self.mistake("500 5.5.1 Unknown command"),
            Command::Foreign => {
                self.say("502 5.5.1 Not offered");
                Next::HangUp
            }
        })
    }

    fn greet(&mut self, name: &str, extended: bool) -> Next {
        if name.is_empty() || name.len() > 255 || name.contains(char::is_whitespace) {
            return self.mistake("501 5.5.4 Say your name");
        }
        self.greeted = Some((name.to_owned(), extended));
        self.envelope = None;
        let us = &self.shared.options.name;
        if !extended {
            let reply = format!("250 {us}");
            return self.fine(&reply);
        }
        let limit = self.shared.options.message_limit;
        let start = if self.tls.is_none() { "250-STARTTLS\r\n" } else { "" };
        let reply = format!(
            "250-{us}\r\n250-PIPELINING\r\n250-SIZE {limit}\r\n{start}250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES"
        );
        self.fine(&reply)
    }

    async fn start_tls(&mut self) -> io::Result<Next> {
        if self.tls.is_some() {
            return Ok(self.mistake("503 5.5.1 Encrypted already"));
        }
        if self.wire.has_more() {
            // Said in the open before the handshake, by whoever is in the middle.
            self.say("503 5.5.1 Nothing may follow STARTTLS");
            return Ok(Next::HangUp);
        }
        self.say("220 2.0.0 Go ahead");
        let acceptor = self.shared.identity.acceptor();
        let described =
            timeout(SHORTLY * 3, self.wire.encrypt(&acceptor)).await.map_err(|_| io::ErrorKind::TimedOut)??;
        self.tls = Some(described);
        // Nothing that was said in the open counts any more (RFC 3207 §4.2).
        (self.greeted, self.envelope) = (None, None);
        Ok(Next::GoOn)
    }

    fn mail(&mut self, text: &str) -> Next {
        if self.greeted.is_none() {
            return self.mistake("503 5.5.1 Say EHLO first");
        }
        if self.envelope.is_some() {
            return self.mistake("503 5.5.1 One letter at a time");
        }
        let path = match Path::read(text, true) {
            Ok(path) => path,
            Err(Unread::Syntax) => return self.mistake("501 5.1.7 That is no sender's address"),
            Err(Unread::Parameter) => return self.mistake("555 5.5.4 A parameter that was not offered"),
        };
        if !path.address.is_ascii() && !path.utf8 {
            return self.mistake("553 5.6.7 Such an address needs SMTPUTF8");
        }
        if !path.address.is_empty() && mail::Address::parse(&path.address).is_none_or(|read| read.name.is_some()) {
            return self.mistake("501 5.1.7 That is no sender's address");
        }
        if path.size.is_some_and(|size| size > self.shared.options.message_limit as u64) {
            return self.fine("552 5.3.4 Larger than is taken here");
        }
        self.envelope = Some(Envelope { sender: path.address, utf8: path.utf8, recipients: Vec::new() });
        self.fine("250 2.1.0 Sender noted")
    }

    async fn rcpt(&mut self, text: &str) -> Next {
        let Some(envelope) = &self.envelope else { return self.mistake("503 5.5.1 Say MAIL first") };
        if envelope.recipients.len() >= self.shared.options.recipients {
            return self.fine("452 4.5.3 Too many recipients at once");
        }
        let path = match Path::read(text, false) {
            Ok(path) if !path.address.is_empty() => path,
            Ok(_) | Err(Unread::Syntax) => return self.mistake("501 5.1.3 That is no recipient's address"),
            Err(Unread::Parameter) => return self.mistake("555 5.5.4 A parameter that was not offered"),
        };
        if !path.address.is_ascii() && !envelope.utf8 {
            return self.mistake("553 5.6.7 Such an address needs SMTPUTF8");
        }
        let door = if path.has_route { Door::Elsewhere } else { self.shared.house.recipient(&path.address).await };
        match door {
            Door::Open => {
                if let Some(envelope) = &mut self.envelope
                    && !envelope.recipients.contains(&path.address)
                {
                    envelope.recipients.push(path.address);
                }
                self.fine("250 2.1.5 Recipient noted")
            }
            Door::Later => self.fine("451 4.3.0 Ask again later"),
            Door::Unknown => self.stranger("550 5.1.1 Nobody here has this address"),
            Door::Elsewhere => self.stranger("550 5.7.1 Mail for elsewhere is not carried on"),
            Door::Closed => self.fine("550 5.2.1 This mailbox is switched off"),
        }
    }

    fn stranger(&mut self, reply: &str) -> Next {
        self.shared.traffic.count(|traffic| &traffic.strangers);
        if self.shared.gate.one_wrong(self.source) {
            return self.fine(reply);
        }
        tracing::info!(client = %self.client, "too many recipients that nobody knows");
        self.say("421 4.7.0 Too many unknown recipients; try again later");
        Next::HangUp
    }

    async fn data(&mut self) -> io::Result<Next> {
        let refused = match &self.envelope {
            None => Some("503 5.5.1 Say MAIL first"),
            Some(envelope) if envelope.recipients.is_empty() => Some("554 5.5.1 No recipient that lives here"),
            Some(_) => None,
        };
        if let Some(reply) = refused {
            // What already follows is a message, whose lines are no commands.
            let next = self.mistake(reply);
            return Ok(if self.wire.has_more() { Next::HangUp } else { next });
        }
        if !self.shared.gate.one_letter(self.source) {
            self.shared.traffic.count(|traffic| &traffic.refused);
            self.envelope = None;
            let next = self.fine("450 4.7.1 Too many letters this minute; try again later");
            return Ok(if self.wire.has_more() { Next::HangUp } else { next });
        }
        self.say("354 End with a dot on a line of its own");
        let (body, memory) = match self.receive().await? {
            Ok(body) => body,
            Err(reply) => {
                self.shared.traffic.count(|traffic| &traffic.refused);
                self.say(reply);
                return Ok(Next::HangUp);
            }
        };
        let envelope = self.envelope.take().unwrap_or_default();
        let (reply, is_kept) = match body.is_too_large() {
            true => ("552 5.3.4 Larger than is taken here".to_owned(), false),
            false => self.keep(envelope, body.into_bytes()).await?,
        };
        drop(memory);
        self.shared.traffic.count(|traffic| if is_kept { &traffic.letters } else { &traffic.refused });
        self.since = Instant::now();
        Ok(self.fine(&reply))
    }
}
