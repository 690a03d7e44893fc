//! One connection: lines out, replies in, each with its deadline.

use super::{
    Deadlines,
    reply::{Reply, ReplyError, take_reply},
};
use crate::{
    ConnectError, ServerWords, Transcript,
    egress::later,
    error::{Cause, Step},
    tls::Stream,
};
use bytes::BytesMut;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// What the server said it can do in its answer to EHLO.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offers {
    pub pipelining: bool,
    pub eight_bit: bool,
    pub utf8: bool,
    pub chunking: bool,
    pub dsn: bool,
    pub starttls: bool,
    /// `Some(0)` is "there is a limit, but I don't say which" (RFC 1870 §4).
    pub size: Option<u64>,
    pub auth: Vec<String>,
}

impl Offers {
    /// Reads the lines after the first (RFC 5321 §4.1.1.1).
    pub fn read(reply: &Reply) -> Offers {
        let mut offers = Offers::default();
        for line in reply.lines.iter().skip(1) {
            // Old servers write `AUTH=LOGIN PLAIN`.
            let line = line.to_ascii_uppercase().replacen("AUTH=", "AUTH ", 1);
            let mut words = line.split_ascii_whitespace();
            match words.next().unwrap_or_default() {
                "PIPELINING" => offers.pipelining = true,
                "8BITMIME" => offers.eight_bit = true,
                "SMTPUTF8" => offers.utf8 = true,
                "CHUNKING" => offers.chunking = true,
                "DSN" => offers.dsn = true,
                "STARTTLS" => offers.starttls = true,
                "SIZE" => offers.size = Some(words.next().and_then(|size| size.parse().ok()).unwrap_or(0)),
                "AUTH" => offers.auth.extend(words.map(str::to_owned)),
                _ => {}
            }
        }
        offers.auth.dedup();
        offers
    }
}

/// One connection to the server.
#[derive(Debug)]
pub struct Connection {
    stream: Stream,
    unread: BytesMut,
    /// What EHLO told.
    pub offers: Offers,
    /// Greeting's first word: the server's own name.
    pub server_name: String,
    /// Signed in on this connection.
    pub signed_in: bool,
    /// Messages handed over on this connection.
    pub messages: u32,
    /// When it last did something useful.
    pub used_at: Instant,
    /// Still in step with the server: a connection that is not is never used again.
    pub in_step: bool,
    /// Room for the next write, kept between messages.
    pub outgoing: Vec<u8>,
    transcript: Option<Transcript>,
    deadlines: Deadlines,
}

impl Connection {
    pub fn new(stream: Stream, deadlines: Deadlines, transcript: Option<Transcript>) -> Connection {
        Connection {
            stream,
            unread: BytesMut::new(),
            offers: Offers::default(),
            server_name: String::new(),
            signed_in: false,
            messages: 0,
            used_at: Instant::now(),
            in_step: true,
            outgoing: Vec::new(),
            transcript,
            deadlines,
        }
    }

    pub fn deadlines(&self) -> Deadlines {
        self.deadlines
    }

    /// Whether bytes came that nobody asked for.
    pub fn has_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    pub fn is_encrypted(&self) -> bool {
        matches!(self.stream, Stream::Tls(_))
    }

    /// The stream for the handshake, and the connection to be put together again around the encrypted one.
    pub fn into_stream(self) -> (Stream, Option<Transcript>) {
        (self.stream, self.transcript)
    }

    /// One command and its reply.
    pub async fn command(&mut self, step: Step, line: &str, deadline: Duration) -> Result<Reply, ConnectError> {
        self.note(line.as_bytes());
        self.send(step, format!("{line}\r\n").as_bytes(), deadline).await?;
        self.reply(step, deadline).await
    }

    /// One line that nobody may read in a transcript, and the reply to it.
    pub async fn secret_line(&mut self, line: &[u8], deadline: Duration) -> Result<Reply, ConnectError> {
        if let Some(transcript) = &self.transcript {
            transcript.sent_secret();
        }
        self.send(Step::SignIn, &[line, b"\r\n"].concat(), deadline).await?;
        self.reply(Step::SignIn, deadline).await
    }

    /// Writes down what goes out; message bodies are not written down.
    pub fn note(&self, bytes: &[u8]) {
        if let Some(transcript) = &self.transcript {
            transcript.sent(bytes);
        }
    }

    /// All of `bytes` in as few writes as the system allows.
    pub async fn send(&mut self, step: Step, bytes: &[u8], deadline: Duration) -> Result<(), ConnectError> {
        let work = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        match tokio::time::timeout(deadline, work).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.lost(step, Cause::Dropped, format!("while sending: {error}"))),
            Err(_) => Err(self.lost(step, Cause::TimedOut, "the server stopped reading".to_owned())),
        }
    }

    /// The next reply.
    pub async fn reply(&mut self, step: Step, deadline: Duration) -> Result<Reply, ConnectError> {
        match tokio::time::timeout(deadline, self.next_reply(step)).await {
            Ok(result) => result,
            Err(_) => Err(self.lost(step, Cause::TimedOut, "no answer in time".to_owned())),
        }
    }

    /// Cancel-safe: bytes that have been read stay in the buffer.
    async fn next_reply(&mut self, step: Step) -> Result<Reply, ConnectError> {
        loop {
            match take_reply(&mut self.unread) {
                Ok(Some(reply)) => {
                    if let Some(transcript) = &self.transcript {
                        transcript.received(reply.words().0.as_bytes());
                    }
                    // RFC 5321 §3.8: after 421 the server closes.
                    self.in_step &= reply.code != 421;
                    return Ok(reply);
                }
                Ok(None) => {}
                Err(error) => return Err(self.no_reply(step, error)),
            }
            self.unread.reserve(1024);
            match self.stream.read_buf(&mut self.unread).await {
                Ok(0) => return Err(self.lost(step, Cause::Dropped, "the server closed the connection".to_owned())),
                Ok(_) => {}
                Err(error) => return Err(self.lost(step, Cause::Dropped, format!("while reading: {error}"))),
            }
        }
    }

    fn no_reply(&mut self, step: Step, error: ReplyError) -> ConnectError {
        let begin: Vec<u8> = self.unread.iter().copied().take(80).collect();
        let said = super::reply::clean(&String::from_utf8_lossy(&begin));
        self.in_step = false;
        match error {
            ReplyError::Tls => ConnectError::Settings {
                step: Step::Tls,
                cause: Cause::WrongEncryption,
                words: ServerWords(error.to_string()),
            },
            // Before we signed in, another service answers here; afterwards the connection is out of step.
            _ if step == Step::Connect => {
                ConnectError::Settings { step, cause: Cause::Protocol, words: ServerWords(format!("{error}: {said}")) }
            }
            _ => later(step, Cause::Protocol, format!("{error}: {said}")),
        }
    }

    fn lost(&mut self, step: Step, cause: Cause, reason: String) -> ConnectError {
        self.in_step = false;
        later(step, cause, reason)
    }

    /// QUIT, without waiting longer than a moment for the answer.
    pub async fn quit(mut self) {
        let moment = Duration::from_secs(2);
        if self.in_step && self.send(Step::Work, b"QUIT\r\n", moment).await.is_ok() {
            // The answer changes nothing; reading it lets the server close first.
            let _ = self.reply(Step::Work, moment).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_are_read_in_any_spelling() {
        let text = "250-mail.example.test at your service\r\n250-size 1000\r\n250-Pipelining\r\n250-AUTH=LOGIN\r\n\
                    250-AUTH plain XOAUTH2\r\n250-8BITMIME\r\n250 HELP\r\n";
        let reply = take_reply(&mut BytesMut::from(text)).unwrap().unwrap();

        let offers = Offers::read(&reply);

        assert_eq!((offers.size, offers.pipelining, offers.eight_bit, offers.dsn), (Some(1000), true, true, false));
        assert_eq!(offers.auth, ["LOGIN", "PLAIN", "XOAUTH2"]);
    }
}
