//! An SMTP server of our own: keeps what it is sent, and fails at any stage when told to.

mod session;

use crate::listener::Listener;
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// A running sink. Everything it took is in its memory.
#[derive(Debug)]
pub struct Sink {
    /// SMTP without TLS, AUTH PLAIN and LOGIN with any name and password.
    pub port: u16,
    listener: Listener,
    shared: Arc<Shared>,
}

/// A message that the sink took, with its envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Which connection, counted from 0.
    pub connection: usize,
    /// Who had signed in.
    pub login: Option<String>,
    /// The return path, without brackets; empty for reports.
    pub sender: String,
    /// What stood behind the return path, such as `SIZE=120 BODY=8BITMIME`.
    pub parameters: String,
    /// Recipients that the sink accepted, without brackets.
    pub recipients: Vec<String>,
    /// The bytes, dots taken out again.
    pub raw: Vec<u8>,
    /// The final reply was given: the client knows. False when the line was cut instead.
    pub told: bool,
}

/// Where something goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Instead of the greeting.
    Greeting,
    /// At EHLO.
    Hello,
    /// At AUTH.
    Auth,
    /// At MAIL FROM.
    Mail,
    /// At any RCPT TO.
    Rcpt,
    /// At DATA or the first BDAT.
    Data,
    /// In the middle of the data: after this many bytes of it.
    DuringData(usize),
    /// After the final dot, before the message is taken.
    Final,
    /// After the message was taken, instead of the reply: only the sink knows that it has it.
    Taken,
}

/// How it goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// This reply, without the line's end; 421 also closes the connection.
    Reply(String),
    /// The connection closes without a word.
    Close,
    /// Nothing more comes, until the client gives up.
    Silence,
}

/// What the sink says it can do.
const EXTENSIONS: [&str; 7] =
    ["PIPELINING", "8BITMIME", "SMTPUTF8", "CHUNKING", "DSN", "SIZE 52428800", "AUTH PLAIN LOGIN"];

#[derive(Debug, Default)]
struct Shared {
    inner: Mutex<Inner>,
    arrival: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    received: Vec<Received>,
    commands: Vec<(usize, String)>,
    faults: Vec<(Stage, Fault, usize)>,
    struck: Vec<Stage>,
    recipients: BTreeMap<String, String>,
    extensions: Vec<String>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

impl Sink {
    /// Starts one; it takes everything until told otherwise.
    pub fn start() -> Sink {
        Sink::with_extensions(&EXTENSIONS)
    }

    /// Starts one at this address and port, for a test that has port 25 to itself.
    pub fn at(address: &str) -> Sink {
        Sink::listening(address, &EXTENSIONS)
    }

    /// Starts one that offers exactly these after EHLO.
    pub fn with_extensions(extensions: &[&str]) -> Sink {
        Sink::listening("127.0.0.1:0", extensions)
    }

    fn listening(address: &str, extensions: &[&str]) -> Sink {
        let shared = Arc::new(Shared::default());
        shared.lock().extensions = extensions.iter().map(|word| (*word).to_owned()).collect();
        let state = shared.clone();
        let listener =
            Listener::at(address, move |number, stream| session::Session::new(&state, number, stream)?.run());
        Sink { port: listener.port, listener, shared }
    }

    /// The next `times` occasions at this stage go wrong in this way.
    pub fn fail(&self, stage: Stage, fault: Fault, times: usize) {
        self.shared.lock().faults.push((stage, fault, times));
    }

    /// This recipient gets this reply from now on, such as `550 5.1.1 nobody of that name here`.
    pub fn refuse(&self, recipient: &str, reply: &str) {
        self.shared.lock().recipients.insert(recipient.to_owned(), reply.to_owned());
    }

    /// From now on nothing goes wrong any more.
    pub fn recover(&self) {
        let mut inner = self.shared.lock();
        inner.faults.clear();
        inner.recipients.clear();
    }

    /// What was taken so far, in the order of arrival.
    pub fn received(&self) -> Vec<Received> {
        self.shared.lock().received.clone()
    }

    /// What was taken, as soon as there are `count` messages.
    ///
    /// # Panics
    /// When they have not come within `patience`.
    pub fn wait_for(&self, count: usize, patience: Duration) -> Vec<Received> {
        let end = Instant::now() + patience;
        let mut inner = self.shared.lock();
        while inner.received.len() < count {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{} of {count} messages came in {patience:?}", inner.received.len());
            inner =
                self.shared.arrival.wait_timeout(inner, left).map_or_else(|broken| broken.into_inner().0, |it| it.0);
        }
        inner.received.clone()
    }

    /// Every command line so far with the number of its connection; the data is not among them.
    pub fn commands(&self) -> Vec<(usize, String)> {
        self.shared.lock().commands.clone()
    }

    /// The stages at which something went wrong so far, in order: to know that the moment asked for has come.
    pub fn struck(&self) -> Vec<Stage> {
        self.shared.lock().struck.clone()
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.listener.accepted()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SmtpClient;

    fn client(sink: &Sink) -> SmtpClient {
        SmtpClient { port: sink.port, ..SmtpClient::default() }
    }

    #[test]
    fn a_message_is_kept_with_its_envelope_and_without_the_extra_dots() {
        let sink = Sink::start();
        let mut client = client(&sink);
        client.login = Some(("anna".into(), "geheim".into()));
        client.send("anna@a.test", &["b@b.test", "c@c.test"], b"Subject: x\r\n\r\n.een punt\r\n..\r\n").unwrap();
        let received = sink.wait_for(1, Duration::from_secs(10)).remove(0);
        assert_eq!(received.raw, b"Subject: x\r\n\r\n.een punt\r\n..\r\n");
        assert_eq!((received.sender.as_str(), received.login.as_deref()), ("anna@a.test", Some("anna")));
        assert_eq!(received.recipients, ["b@b.test", "c@c.test"]);
        assert!(received.told);
    }

    #[test]
    fn one_recipient_can_be_refused_and_the_other_served() {
        let sink = Sink::start();
        sink.refuse("weg@b.test", "550 5.1.1 nobody of that name here");
        let refused = client(&sink).send("a@a.test", &["b@b.test", "weg@b.test"], b"\r\nx\r\n").unwrap();
        assert_eq!(refused["weg@b.test"][0], 550);
        assert_eq!(sink.received()[0].recipients, ["b@b.test"]);
    }

    #[test]
    fn a_reply_that_is_lost_leaves_the_message_taken() {
        let sink = Sink::start();
        sink.fail(Stage::Taken, Fault::Close, 1);
        assert!(client(&sink).send("a@a.test", &["b@b.test"], b"\r\nx\r\n").is_err());
        assert!(!sink.received()[0].told);
        assert_eq!(sink.struck(), [Stage::Taken]);
        assert!(client(&sink).send("a@a.test", &["b@b.test"], b"\r\nx\r\n").is_ok());
    }

    #[test]
    fn a_fault_in_the_data_takes_nothing() {
        let sink = Sink::start();
        sink.fail(Stage::DuringData(3), Fault::Close, 1);
        assert!(client(&sink).send("a@a.test", &["b@b.test"], b"\r\nmeer dan drie\r\n").is_err());
        sink.fail(Stage::Final, Fault::Reply("554 5.7.1 no".into()), 1);
        assert!(client(&sink).send("a@a.test", &["b@b.test"], b"\r\nx\r\n").unwrap_err().starts_with("554"));
        assert_eq!(sink.received(), []);
    }
}
