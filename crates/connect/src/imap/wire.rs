//! Bytes to responses and back: framing, limits, deadlines.
//!
//! A message body goes from the socket straight into memory of its own size, and only when there is room for it. A
//! literal over the limit is refused by its announcement, before anything is allocated.

mod pipe;
mod slab;

pub use crate::patience::Patience;
pub use pipe::Pipe;

use slab::Slabs;

use super::response::{self, Response};
use super::token;
use crate::{patience::Lost, transcript::Transcript};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

/// A line longer than this, its literals not counted, is no honest response.
const LINE_BYTES: usize = 1 << 20;
/// Except where it lists ids: a million of them fit.
const ID_LINE_BYTES: usize = 16 << 20;
/// A literal that is no message body: a folder's name, a label.
const SMALL_LITERAL_BYTES: u64 = 64 << 10;
/// How many of those one response may have.
const SMALL_LITERALS: usize = 1000;
const READ_BUSY: usize = 128 << 10;
const READ_IDLE: usize = 2 << 10;

/// Why a connection can't go on.
#[derive(Debug)]
pub enum Broken {
    /// The peer closed it.
    Closed,
    /// The network failed.
    Io(std::io::Error),
    /// Nothing, or too little, came in time.
    TimedOut,
    /// A message above the limit was announced; its UID when the server named it before.
    TooLarge {
        /// Which message.
        uid: Option<u32>,
        /// What was announced.
        size: u64,
    },
    /// No IMAP server says this.
    Malformed(&'static str),
    /// The server said goodbye.
    Bye(response::Status),
}

impl From<Lost> for Broken {
    fn from(lost: Lost) -> Broken {
        match lost {
            Lost::Closed => Broken::Closed,
            Lost::Io(error) => Broken::Io(error),
            Lost::TimedOut => Broken::TimedOut,
        }
    }
}

/// One response as it came.
#[derive(Debug, Default)]
pub struct Frame {
    /// Its lines; each literal is left out between the line that announces it and the next.
    pub text: Vec<u8>,
    /// The literals, in order.
    pub literals: Vec<Bytes>,
    /// The loan for the message body among them.
    pub room: Option<OwnedSemaphorePermit>,
}

impl Frame {
    /// What it says.
    pub fn response(&mut self) -> Response {
        response::read(&self.text, &mut self.literals)
    }
}

/// Where message bodies may go, and how much fits.
#[derive(Debug, Clone)]
pub struct Intake {
    /// One permit is one KiB.
    pub room: Arc<Semaphore>,
    /// How many there are in all.
    pub total: u32,
    /// Larger bodies are refused.
    pub limit_bytes: u64,
}

#[derive(Debug, Default)]
struct Partial {
    frame: Frame,
    announced: Option<(u64, bool)>,
    filling: Option<(BytesMut, usize)>,
    has_body: bool,
}

/// A connection that speaks in responses. Reading is cancel-safe: what was read stays for the next call.
#[derive(Debug)]
pub struct Wire {
    pipe: Pipe,
    input: BytesMut,
    scanned: usize,
    output: BytesMut,
    /// Something was pushed since the last flush came to its end.
    unflushed: bool,
    partial: Partial,
    slabs: Slabs,
    /// How long we wait.
    pub patience: Patience,
    /// Set while message bodies are asked for.
    pub intake: Option<Intake>,
    /// Where the session is written down.
    pub transcript: Option<Transcript>,
}

impl Wire {
    /// A wire over an open connection.
    pub fn new(pipe: Pipe, transcript: Option<Transcript>) -> Wire {
        Wire {
            pipe,
            input: BytesMut::new(),
            scanned: 0,
            output: BytesMut::new(),
            unflushed: false,
            partial: Partial::default(),
            slabs: Slabs::default(),
            patience: Patience::endless(),
            intake: None,
            transcript,
        }
    }

    /// The connection, when not a byte that was read is left over.
    pub fn into_pipe(self) -> Result<Pipe, Broken> {
        if self.input.is_empty() && self.partial.frame.text.is_empty() {
            return Ok(self.pipe);
        }
        Err(Broken::Malformed("something came before its time"))
    }

    /// Puts bytes in line for [`Wire::flush`].
    pub fn push(&mut self, bytes: &[u8]) {
        self.output.put_slice(bytes);
        self.unflushed = true;
    }

    /// Sends what is in line.
    pub async fn flush(&mut self) -> Result<(), Broken> {
        if !self.unflushed {
            return Ok(());
        }
        while !self.output.is_empty() {
            let written = tokio::time::timeout(Duration::from_secs(60), self.pipe.write(&self.output)).await;
            match written {
                Err(_) => return Err(Broken::TimedOut),
                Ok(Err(error)) => return Err(Broken::Io(error)),
                Ok(Ok(0)) => return Err(Broken::Closed),
                Ok(Ok(count)) => self.output.advance(count),
            }
        }
        self.pipe.flush().await.map_err(Broken::Io)?;
        self.unflushed = false;
        self.pipe.acknowledge_at_once();
        Ok(())
    }

    /// Gives back what buffers hold, before a long silence.
    pub fn rest(&mut self) {
        if self.input.is_empty() {
            self.input = BytesMut::new();
            self.scanned = 0;
        }
        if self.output.is_empty() {
            self.output = BytesMut::new();
        }
        self.intake = None;
        self.slabs = Slabs::default();
    }

    /// Whether a whole line is there without reading from the connection.
    pub fn has_line(&self) -> bool {
        memchr::memchr(b'\n', &self.input).is_some()
    }

    /// The next response.
    pub async fn next(&mut self) -> Result<Frame, Broken> {
        loop {
            if self.partial.filling.is_some() {
                self.fill_literal().await?;
            }
            if let Some((length, is_body)) = self.partial.announced {
                self.begin_literal(length, is_body).await?;
                continue;
            }
            if !self.take_line().await? {
                let partial = std::mem::take(&mut self.partial);
                if let Some(transcript) = &self.transcript {
                    transcript.received(&partial.frame.text);
                }
                return Ok(partial.frame);
            }
        }
    }

    /// Moves one line into the partial frame; says whether a literal follows.
    async fn take_line(&mut self) -> Result<bool, Broken> {
        let end = loop {
            if let Some(found) = memchr::memchr(b'\n', &self.input[self.scanned..]) {
                break self.scanned + found + 1;
            }
            self.scanned = self.input.len();
            self.check_length(self.scanned)?;
            self.fill().await?;
        };
        self.check_length(end)?;
        self.partial.frame.text.extend_from_slice(&self.input[..end]);
        self.input.advance(end);
        self.scanned = 0;
        let frame = &self.partial.frame;
        if let Some(length) = token::announced(frame.text.strip_suffix(b"\n").unwrap_or(&frame.text))
            && may_hold_literals(&frame.text)
        {
            self.partial.announced = Some((length, announces_body(&frame.text)));
        }
        Ok(self.partial.announced.is_some())
    }

    fn check_length(&self, more: usize) -> Result<(), Broken> {
        let text = &self.partial.frame.text;
        let start = if text.is_empty() { &self.input[..] } else { text };
        let ids = [&b"* SEARCH"[..], b"* ESEARCH", b"* VANISHED"].iter().any(|word| start.starts_with(word));
        if text.len() + more > if ids { ID_LINE_BYTES } else { LINE_BYTES } {
            return Err(Broken::Malformed("a line without end"));
        }
        Ok(())
    }

    async fn begin_literal(&mut self, length: u64, is_body: bool) -> Result<(), Broken> {
        let intake = self.intake.as_ref().filter(|_| is_body && !self.partial.has_body);
        let limit = intake.map_or(SMALL_LITERAL_BYTES, |intake| intake.limit_bytes);
        if length > limit {
            let size = length;
            let asked = intake.is_some();
            let uid = match self.partial.frame.response() {
                Response::Fetch(fetched) if asked => fetched.uid,
                _ if asked => None,
                _ => return Err(Broken::Malformed("a long literal that nobody asked for")),
            };
            return Err(Broken::TooLarge { uid, size });
        }
        if self.partial.frame.literals.len() >= SMALL_LITERALS {
            return Err(Broken::Malformed("too many literals"));
        }
        if let Some(intake) = intake {
            let permits = u32::try_from(length / 1024 + 1).unwrap_or(u32::MAX).min(intake.total.max(1));
            let began = Instant::now();
            let room = intake.room.clone().acquire_many_owned(permits).await;
            self.patience.excuse(began.elapsed());
            self.partial.frame.room = room.ok();
            self.partial.has_body = true;
        }
        let length = length as usize;
        let mut bytes = match is_body {
            true => self.slabs.take(length),
            false => BytesMut::with_capacity(length),
        };
        let there = length.min(self.input.len());
        bytes.extend_from_slice(&self.input[..there]);
        self.input.advance(there);
        self.partial.announced = None;
        self.partial.filling = Some((bytes, length));
        Ok(())
    }

    async fn fill_literal(&mut self) -> Result<(), Broken> {
        while let Some((bytes, length)) = &mut self.partial.filling {
            if bytes.len() == *length {
                let bytes = std::mem::take(bytes).freeze();
                self.partial.filling = None;
                self.partial.frame.literals.push(bytes);
                return Ok(());
            }
            let missing = *length - bytes.len();
            let mut place = bytes.limit(missing);
            self.patience.watch(self.pipe.read_buf(&mut place)).await?;
        }
        Ok(())
    }

    async fn fill(&mut self) -> Result<(), Broken> {
        self.input.reserve(if self.intake.is_some() { READ_BUSY } else { READ_IDLE });
        Ok(self.patience.watch(self.pipe.read_buf(&mut self.input)).await?)
    }

    /// From here on everything is compressed both ways (RFC 4978).
    pub fn compress(&mut self) -> Result<(), Broken> {
        if !self.input.is_empty() {
            return Err(Broken::Malformed("something came before its time"));
        }
        self.pipe.compress();
        Ok(())
    }
}

/// The text of a condition is for people and may end in anything; only data carries literals.
fn may_hold_literals(text: &[u8]) -> bool {
    let Some(rest) = text.strip_prefix(b"* ") else { return false };
    let word = rest.split(|byte| *byte == b' ').next().unwrap_or_default();
    ![&b"OK"[..], b"NO", b"BAD", b"BYE", b"PREAUTH"].iter().any(|known| word.eq_ignore_ascii_case(known))
}

fn announces_body(text: &[u8]) -> bool {
    let Some(open) = text.iter().rposition(|byte| *byte == b'{') else { return false };
    let before = text[..open].strip_suffix(b"~").unwrap_or(&text[..open]).trim_ascii_end();
    let name = before.rsplit(|byte| matches!(byte, b' ' | b'(' | b'\n')).next().unwrap_or_default();
    [&b"BODY[]"[..], b"BODY[]<0>", b"BINARY[]", b"RFC822"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests;
