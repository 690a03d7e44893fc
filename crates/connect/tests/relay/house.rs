//! A house with a few people in it that keeps its letters in memory, and a line to its door.

use async_trait::async_trait;
use connect::relay::{Door, House, Identity, Letter, Relay, RelayOptions, Traffic, Trouble, Verifier};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
    sync::watch,
    task::JoinHandle,
};

pub(crate) const INFO: &str = "info@post.example";
pub(crate) const ANNA: &str = "anna@post.example";

/// What the house has, and what it says next.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) letters: Mutex<Vec<Letter>>,
    pub(crate) trouble: Mutex<Option<Trouble>>,
}

struct Small(Arc<Kept>);

#[async_trait]
impl House for Small {
    async fn recipient(&self, address: &str) -> Door {
        match address {
            INFO | ANNA => Door::Open,
            "uit@post.example" => Door::Closed,
            address if address.ends_with("@post.example") => Door::Unknown,
            _ => Door::Elsewhere,
        }
    }

    async fn take(&self, letter: Letter) -> Result<(), Trouble> {
        if let Some(trouble) = self.0.trouble.lock().unwrap().take() {
            return Err(trouble);
        }
        self.0.letters.lock().unwrap().push(letter);
        Ok(())
    }
}

/// The house with its door open.
pub(crate) struct Open {
    pub(crate) at: SocketAddr,
    pub(crate) kept: Arc<Kept>,
    pub(crate) traffic: Arc<Traffic>,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl Open {
    pub(crate) async fn house() -> Open {
        Open::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut RelayOptions)) -> Open {
        Open::asking(Verifier::of_name_server(nobody_is_known().await), change).await
    }

    pub(crate) async fn asking(verifier: Verifier, change: impl FnOnce(&mut RelayOptions)) -> Open {
        Open::at("127.0.0.1:0", verifier, change).await
    }

    /// Reached by IPv6 and nothing else.
    pub(crate) async fn by_ipv6() -> Open {
        Open::at("[::1]:0", Verifier::of_name_server(nobody_is_known().await), |_| {}).await
    }

    async fn at(anywhere: &str, verifier: Verifier, change: impl FnOnce(&mut RelayOptions)) -> Open {
        let mut options = RelayOptions::named("post.example", 2 << 20);
        change(&mut options);
        let identity = Identity::of_our_own("post.example").expect("a certificate");
        let kept = Arc::new(Kept::default());
        let house = Arc::new(Small(kept.clone()));
        let anywhere = anywhere.parse().expect("an address");
        let relay = Relay::bind(anywhere, house, options, identity, verifier).await.expect("a free port");
        let (stop, stopped) = watch::channel(false);
        let (at, traffic) = (relay.address().expect("an address"), relay.traffic());
        Open { at, kept, traffic, stop, serving: tokio::spawn(relay.serve(stopped)) }
    }

    pub(crate) fn letters(&self) -> usize {
        self.kept.letters.lock().unwrap().len()
    }

    /// The bytes of a letter as they were kept.
    pub(crate) fn letter(&self, n: usize) -> String {
        let letters = self.kept.letters.lock().unwrap();
        String::from_utf8_lossy(&letters.get(n).expect("a letter").raw).into_owned()
    }

    pub(crate) fn count(&self, name: &str) -> u64 {
        let counts = self.traffic.counts();
        counts.iter().find(|(known, ..)| known.contains(name)).map_or(0, |(_, _, count)| *count)
    }

    pub(crate) async fn close(self) {
        self.stop.send_replace(true);
        self.serving.await.expect("it ends well");
    }

    /// A line, greeted.
    pub(crate) async fn line(&self) -> Talk {
        let mut talk = Talk { stream: TcpStream::connect(self.at).await.expect("it listens"), read: Vec::new() };
        assert!(talk.reply().await.starts_with("220 post.example ESMTP"));
        talk
    }

    /// A line on which a letter to Info was announced.
    pub(crate) async fn announced(&self) -> Talk {
        let mut talk = self.line().await;
        talk.expect("EHLO mail.elders.nl", "250-post.example").await;
        talk.expect("MAIL FROM:<jan@elders.nl>", "250 2.1.0").await;
        talk.expect(&format!("RCPT TO:<{INFO}>"), "250 2.1.5").await;
        talk
    }
}

/// One conversation.
pub(crate) struct Talk {
    pub(crate) stream: TcpStream,
    read: Vec<u8>,
}

impl Talk {
    pub(crate) fn raw(stream: TcpStream) -> Talk {
        Talk { stream, read: Vec::new() }
    }

    /// The whole next reply; empty when the other side hung up.
    pub(crate) async fn reply(&mut self) -> String {
        loop {
            if let Some(end) = end_of_reply(&self.read) {
                let rest = self.read.split_off(end);
                let reply = std::mem::replace(&mut self.read, rest);
                return String::from_utf8(reply).expect("text");
            }
            let read = tokio::time::timeout(Duration::from_secs(30), self.stream.read_buf(&mut self.read)).await;
            match read.expect("a reply in time") {
                Ok(0) | Err(_) => return String::new(),
                Ok(_) => {}
            }
        }
    }

    pub(crate) async fn say(&mut self, bytes: &[u8]) {
        // Who hung up does not hear us, and that shows in the reply.
        let _ = self.stream.write_all(bytes).await;
    }

    pub(crate) async fn ask(&mut self, command: &str) -> String {
        self.say(format!("{command}\r\n").as_bytes()).await;
        self.reply().await
    }

    pub(crate) async fn expect(&mut self, command: &str, begin: &str) -> String {
        let reply = self.ask(command).await;
        assert!(reply.starts_with(begin), "{command} was answered {reply:?}, not {begin:?}");
        reply
    }

    /// Sends these bytes after DATA, and gives the reply.
    pub(crate) async fn data(&mut self, bytes: &[u8]) -> String {
        self.expect("DATA", "354").await;
        self.say(bytes).await;
        self.reply().await
    }
}

/// A name server that knows no name and says so at once (RFC 1035 §4.1.1, RCODE 3).
async fn nobody_is_known() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
    let at = socket.local_addr().expect("an address");
    tokio::spawn(async move {
        let mut query = [0; 600];
        while let Ok((length, asker)) = socket.recv_from(&mut query).await {
            let Some(name) = query.get(12..length).and_then(|rest| rest.iter().position(|byte| *byte == 0)) else {
                continue;
            };
            // The header, the name with its zero, type and class.
            let mut answer = query.get(..12 + name + 5).unwrap_or_default().to_vec();
            answer.splice(2..12, [0x81, 0x83, 0, 1, 0, 0, 0, 0, 0, 0]);
            let _ = socket.send_to(&answer, asker).await;
        }
    });
    at
}

fn end_of_reply(read: &[u8]) -> Option<usize> {
    let mut begin = 0;
    while let Some(at) = read.get(begin..)?.windows(2).position(|pair| pair == b"\r\n") {
        let end = begin + at + 2;
        if read.get(begin + 3) != Some(&b'-') {
            return Some(end);
        }
        begin = end;
    }
    None
}
