//! Bytes to lines and messages: framing, limits, deadlines (RFC 1939 §3).
//!
//! A message goes over line by line into memory that is lent for it, the doubled dots taken off on the way. What a
//! server says of its size is believed only as far as it is kept.

use crate::{
    patience::{Lost, Patience},
    tls::Stream,
    transcript::Transcript,
};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

/// A line longer than this is no answer: the standard has 512 bytes (RFC 2449 §4).
const LINE_BYTES: usize = 8 << 10;
const READ_BYTES: usize = 64 << 10;
/// So much of a message gets memory before any of it came, whatever size was announced.
const FIRST_BYTES: usize = 1 << 20;
/// So long a message that is larger than announced waits for more room. Longer, and two of them could wait for each other.
const MORE_ROOM_TIME: Duration = Duration::from_secs(30);
const WRITE_TIME: Duration = Duration::from_secs(60);

/// Why a connection can't go on.
#[derive(Debug)]
pub enum Broken {
    /// Nothing more comes.
    Lost(Lost),
    /// A message went on above the limit.
    TooLarge,
    /// No POP3 server says this.
    Malformed(&'static str),
}

impl From<Lost> for Broken {
    fn from(lost: Lost) -> Broken {
        Broken::Lost(lost)
    }
}

/// Memory on loan for one message: one permit is one KiB.
#[derive(Debug)]
pub struct Loan {
    room: Arc<Semaphore>,
    /// How many permits there are in all: a message larger than all of it takes all of it.
    total: u32,
    held: Option<OwnedSemaphorePermit>,
}

impl Loan {
    /// Room for a message of this size.
    pub async fn take(room: &Arc<Semaphore>, total: u32, bytes: u64) -> Loan {
        let permits = u32::try_from(bytes / 1024 + 1).unwrap_or(u32::MAX).min(total.max(1));
        let held = room.clone().acquire_many_owned(permits).await.ok();
        Loan { room: room.clone(), total, held }
    }

    fn permits(&self) -> u32 {
        self.held.as_ref().map_or(0, |held| held.num_permits() as u32)
    }

    /// More room, twice what there was, for a message that is larger than its server said.
    async fn grow(&mut self) -> Result<(), Broken> {
        let have = self.permits();
        let more = have.max(64).min(self.total.saturating_sub(have));
        if more == 0 {
            return Ok(());
        }
        let asked = self.room.clone().acquire_many_owned(more);
        match (tokio::time::timeout(MORE_ROOM_TIME, asked).await, &mut self.held) {
            (Ok(Ok(more)), Some(held)) => held.merge(more),
            (Ok(Ok(more)), None) => self.held = Some(more),
            _ => return Err(Broken::Lost(Lost::TimedOut)),
        }
        Ok(())
    }

    /// The loan itself, to go along with the message.
    pub fn into_permit(self) -> Option<OwnedSemaphorePermit> {
        self.held
    }
}

/// A connection that speaks in lines.
#[derive(Debug)]
pub struct Wire {
    stream: Stream,
    input: BytesMut,
    output: BytesMut,
    /// The answer being read began with a line that ended in a bare LF: this server ends all its lines so.
    bare: bool,
    /// How long we wait.
    pub patience: Patience,
    /// Where the session is written down.
    pub transcript: Option<Transcript>,
}

impl Wire {
    /// A wire over an open connection.
    pub fn new(stream: Stream, transcript: Option<Transcript>) -> Wire {
        let (input, output) = (BytesMut::new(), BytesMut::new());
        Wire { stream, input, output, bare: false, patience: Patience::endless(), transcript }
    }

    /// The connection, when not a byte that was read is left over.
    pub fn into_stream(self) -> Result<Stream, Broken> {
        match self.input.is_empty() {
            true => Ok(self.stream),
            false => Err(Broken::Malformed("something before its time")),
        }
    }

    /// Puts a command in line for [`Wire::flush`].
    pub fn push(&mut self, line: &str) {
        if let Some(transcript) = &self.transcript {
            transcript.sent(line.as_bytes());
        }
        self.output.put_slice(line.as_bytes());
        self.output.put_slice(b"\r\n");
    }

    /// Puts a line in line that nobody may read.
    pub fn push_secret(&mut self, line: &[u8]) {
        if let Some(transcript) = &self.transcript {
            transcript.sent_secret();
        }
        self.output.put_slice(line);
        self.output.put_slice(b"\r\n");
    }

    /// Sends what is in line.
    pub async fn flush(&mut self) -> Result<(), Broken> {
        let sending = async {
            self.stream.write_all_buf(&mut self.output).await?;
            self.stream.flush().await
        };
        match tokio::time::timeout(WRITE_TIME, sending).await {
            Err(_) => Err(Broken::Lost(Lost::TimedOut)),
            Ok(Err(error)) => Err(Broken::Lost(Lost::Io(error))),
            Ok(Ok(())) => Ok(()),
        }
    }

    /// The first line of an answer, without its end.
    pub async fn status(&mut self) -> Result<Bytes, Broken> {
        let line = self.line().await?;
        if let Some(transcript) = &self.transcript {
            transcript.received(&line);
        }
        Ok(line)
    }

    /// The next line of a list; `None` at its end.
    pub async fn item(&mut self) -> Result<Option<Bytes>, Broken> {
        let mut line = self.line().await?;
        if &line[..] == b"." {
            return Ok(None);
        }
        if line.starts_with(b".") {
            line.advance(1);
        }
        Ok(Some(line))
    }

    async fn line(&mut self) -> Result<Bytes, Broken> {
        let mut scanned = 0;
        let end = loop {
            if let Some(found) = memchr::memchr(b'\n', &self.input[scanned..]) {
                break scanned + found;
            }
            scanned = self.input.len();
            if scanned > LINE_BYTES {
                return Err(Broken::Malformed("a line without end"));
            }
            self.fill().await?;
        };
        if end > LINE_BYTES {
            return Err(Broken::Malformed("a line without end"));
        }
        let mut line = self.input.split_to(end + 1).freeze();
        line.truncate(end);
        self.bare = !line.ends_with(b"\r");
        if !self.bare {
            line.truncate(end - 1);
        }
        Ok(line)
    }

    /// The message that follows an answer, as it was before it was sent: up to the lone dot, doubled dots taken off.
    ///
    /// A line ends at LF, as most clients have it; the message itself ends only with the line end that its server uses.
    pub async fn message(&mut self, announced: u64, limit: u64, mut loan: Option<&mut Loan>) -> Result<Bytes, Broken> {
        let first = usize::try_from(announced).unwrap_or(FIRST_BYTES).min(FIRST_BYTES);
        let mut body = BytesMut::with_capacity(first);
        let mut begins = true;
        loop {
            let found = memchr::memchr(b'\n', &self.input);
            let piece = match found {
                Some(at) => at + 1,
                // The beginning of a line may yet be the end of the message.
                None if begins && self.input.len() < 3 => 0,
                None => self.input.len(),
            };
            if found.is_some() && begins && self.is_end(piece) {
                self.input.advance(piece);
                return Ok(body.freeze());
            }
            if piece > 0 {
                let stuffed = usize::from(begins && self.input.starts_with(b"."));
                if (body.len() + piece - stuffed) as u64 > limit {
                    return Err(Broken::TooLarge);
                }
                if let Some(loan) = &mut loan
                    && body.len() + piece > loan.permits() as usize * 1024
                {
                    let began = Instant::now();
                    loan.grow().await?;
                    self.patience.excuse(began.elapsed());
                }
                body.extend_from_slice(&self.input[stuffed..piece]);
                self.input.advance(piece);
                begins = found.is_some();
            }
            if found.is_none() {
                self.fill().await?;
            }
        }
    }

    fn is_end(&self, length: usize) -> bool {
        let line = &self.input[..length];
        line == b".\r\n" || (self.bare && line == b".\n")
    }

    async fn fill(&mut self) -> Result<(), Broken> {
        self.input.reserve(READ_BYTES);
        Ok(self.patience.watch(self.stream.read_buf(&mut self.input)).await?)
    }
}
