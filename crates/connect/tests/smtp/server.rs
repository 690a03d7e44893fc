//! A server that says and hears exactly what its script says.

use async_trait::async_trait;
use bytes::Bytes;
use connect::{
    ConnectError, Credentials, Encryption, Marks, Parcel, Receipt, Secret, Server, Transport, World, WorldOptions,
    smtp::{Deadlines, SmtpOptions, SmtpTransport},
};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// One turn of the server.
#[derive(Debug, Clone)]
pub enum Turn {
    /// Sends these lines.
    Say(&'static str),
    /// Reads a line that must begin so.
    Hear(&'static str),
    /// Reads up to the final dot.
    Content,
    /// Reads this many bytes.
    Bytes(usize),
    /// Says nothing more and keeps the line open.
    Stall,
}

/// What the server heard: every line, and the content of messages.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    lines: Arc<Mutex<Vec<String>>>,
}

impl Heard {
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
    pub fn text(&self) -> String {
        self.lines().concat()
    }
}

/// EHLO and its answer, with these extensions.
pub fn hello(extensions: &'static str) -> Vec<Turn> {
    vec![Turn::Say("220 mail.example.test ESMTP"), Turn::Hear("EHLO"), Turn::Say(extensions)]
}

pub const PIPELINING: &str = "250-mail.example.test\r\n250-PIPELINING\r\n250 8BITMIME";

/// One accepted message up to the answer to DATA.
pub fn envelope() -> Vec<Turn> {
    use Turn::{Hear, Say};
    vec![
        Hear("MAIL FROM:<info@shop.test>"),
        Hear("RCPT TO:<alice@example.test>"),
        Hear("DATA"),
        Say("250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 go"),
    ]
}

pub fn script(parts: &[&[Turn]]) -> Vec<Turn> {
    parts.concat()
}

/// Plays one script for each connection, in order; then accepts no more.
pub async fn play(scripts: Vec<Vec<Turn>>) -> (u16, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Heard::default();
    let written = heard.clone();
    tokio::spawn(async move {
        for script in scripts {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(run(stream, script, written.clone()));
        }
    });
    (port, heard)
}

async fn run(stream: TcpStream, script: Vec<Turn>, heard: Heard) {
    let mut stream = BufReader::new(stream);
    for turn in script {
        match turn {
            Turn::Say(text) => {
                if stream.write_all(format!("{text}\r\n").as_bytes()).await.is_err() {
                    return;
                }
            }
            Turn::Hear(expected) => {
                let line = line(&mut stream, &heard).await;
                assert!(line.starts_with(expected), "heard {line:?} instead of {expected:?}");
            }
            Turn::Content => while line(&mut stream, &heard).await != ".\r\n" {},
            Turn::Bytes(count) => {
                let mut bytes = vec![0; count];
                tokio::io::AsyncReadExt::read_exact(&mut stream, &mut bytes).await.unwrap();
                heard.lines.lock().unwrap().push(String::from_utf8(bytes).unwrap());
            }
            Turn::Stall => std::future::pending().await,
        }
    }
}

async fn line(stream: &mut BufReader<TcpStream>, heard: &Heard) -> String {
    let mut line = Vec::new();
    let count = stream.read_until(b'\n', &mut line).await.unwrap_or(0);
    assert!(count > 0, "the client hung up");
    let line = String::from_utf8_lossy(&line).into_owned();
    heard.lines.lock().unwrap().push(line.clone());
    line
}

/// Counts the marks; refuses them when told to.
#[derive(Default)]
pub struct Counter {
    pub made: AtomicU32,
    pub refuse: bool,
}

#[async_trait]
impl Marks for Counter {
    async fn on_the_wire(&self) -> Result<(), String> {
        self.made.fetch_add(1, Ordering::SeqCst);
        if self.refuse { Err("disk full".to_owned()) } else { Ok(()) }
    }
}

pub fn world() -> World {
    let allow_networks = vec!["127.0.0.0/8".parse().unwrap()];
    World::new(WorldOptions { allow_networks, ..WorldOptions::default() }).unwrap()
}

pub fn server(port: u16, encryption: Encryption) -> Server {
    Server { host: "127.0.0.1".to_owned(), port, encryption, pinned_certificate: None }
}

/// Long enough for an honest server on a busy machine; only after the dot does a test ever wait for the end of it.
pub fn quick() -> SmtpOptions {
    let moment = Duration::from_secs(30);
    SmtpOptions {
        helo_name: "client.test".to_owned(),
        deadlines: Deadlines { greeting: moment, command: moment, block: moment, after_dot: Duration::from_secs(4) },
        ..SmtpOptions::default()
    }
}

pub fn password() -> Option<Credentials> {
    Some(Credentials::Password { username: "alice".to_owned(), secret: Secret::new("wonder") })
}

pub fn transport(port: u16) -> SmtpTransport {
    SmtpTransport::new(world(), server(port, Encryption::None), None, quick())
}

pub fn parcel() -> Parcel {
    Parcel {
        return_path: "info@shop.test".to_owned(),
        recipients: vec!["alice@example.test".to_owned()],
        message: Bytes::from_static(b"Subject: offer\r\n\r\n.dot\r\n"),
        envelope_id: None,
        notify_success: false,
    }
}

/// One message to a server with one script.
pub async fn submit(turns: Vec<Turn>) -> (Result<Receipt, ConnectError>, Heard, u32) {
    let (port, heard) = play(vec![turns]).await;
    let marks = Counter::default();
    let result = transport(port).submit(parcel(), &marks).await;
    (result, heard, marks.made.load(Ordering::SeqCst))
}
