//! The line to a client: commands in, replies out, both without TLS and with it.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// The longest command that is read; RFC 5321 §4.5.3.1.4 wants 512 bytes, and parameters make it longer.
const LINE_MAX: usize = 4096;
/// So much is read at once.
const CHUNK: usize = 32 << 10;

/// Bytes as they travel.
enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// Between the two, and after a handshake that failed.
    Gone,
}

/// One command line, or what came in its place.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A line, without its CRLF.
    Whole(Vec<u8>),
    /// A line that is too long to be a command; it was read to its end.
    TooLong,
    /// A CR or LF that stands alone (RFC 5321 §2.3.8).
    Bare,
    /// The client hung up.
    End,
}

/// The connection with what was read too far and what is not written yet.
pub(super) struct Wire {
    stream: Stream,
    read: Vec<u8>,
    written: Vec<u8>,
}

impl Wire {
    pub(super) fn new(stream: TcpStream) -> Wire {
        Wire { stream: Stream::Plain(stream), read: Vec::new(), written: Vec::new() }
    }

    /// What the PROXY header is read from: before anything else was.
    pub(super) fn raw(&mut self) -> &mut (impl AsyncRead + Unpin) {
        &mut self.stream
    }

    /// Puts a reply behind those that wait; they go together (RFC 2920 §3.2).
    pub(super) fn reply(&mut self, text: &str) {
        self.written.extend_from_slice(text.as_bytes());
        self.written.extend_from_slice(b"\r\n");
    }

    /// The next command. What was replied goes out before we wait. Cancelling it loses nothing.
    pub(super) async fn line(&mut self) -> io::Result<Line> {
        let mut looked = 0;
        let mut too_long = false;
        loop {
            if let Some(found) = memchr::memchr2(b'\r', b'\n', self.read.get(looked..).unwrap_or_default()) {
                let at = looked + found;
                match (self.read.get(at), self.read.get(at + 1)) {
                    (Some(b'\r'), Some(b'\n')) => {
                        let rest = self.read.split_off(at + 2);
                        let mut line = std::mem::replace(&mut self.read, rest);
                        line.truncate(at);
                        return Ok(if too_long || at > LINE_MAX { Line::TooLong } else { Line::Whole(line) });
                    }
                    // What follows has not come yet.
                    (Some(b'\r'), None) => {}
                    _ => return Ok(Line::Bare),
                }
            }
            looked = self.read.len() - usize::from(self.read.ends_with(b"\r"));
            if looked > LINE_MAX {
                // Only its end is still of interest.
                too_long = true;
                self.read.drain(..looked);
                looked = 0;
            }
            if self.fill().await? == 0 {
                return Ok(Line::End);
            }
        }
    }

    /// Some more bytes of a message; empty when the client hung up. Those that are too many are given back by [`Wire::unread`].
    pub(super) async fn bytes(&mut self) -> io::Result<Vec<u8>> {
        if self.read.is_empty() {
            self.fill().await?;
        }
        Ok(std::mem::take(&mut self.read))
    }

    /// What belongs to the next command.
    pub(super) fn unread(&mut self, bytes: &[u8]) {
        self.read.splice(..0, bytes.iter().copied());
    }

    /// Whether something came already that nobody waited for.
    pub(super) fn has_more(&self) -> bool {
        !self.read.is_empty()
    }

    async fn fill(&mut self) -> io::Result<usize> {
        self.flush().await?;
        let before = self.read.len();
        self.read.reserve(CHUNK);
        let Wire { stream, read, .. } = self;
        (&mut *stream).take(CHUNK as u64).read_buf(read).await?;
        Ok(self.read.len() - before)
    }

    pub(super) async fn flush(&mut self) -> io::Result<()> {
        while !self.written.is_empty() {
            let sent = self.stream.write(&self.written).await?;
            if sent == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            self.written.drain(..sent);
        }
        self.stream.flush().await
    }

    /// The same line inside TLS. What came before the handshake is forgotten: somebody in the middle may have put it there
    /// (RFC 3207 §4.2). Answers the protocol and the cipher.
    pub(super) async fn encrypt(&mut self, acceptor: &TlsAcceptor) -> io::Result<String> {
        self.flush().await?;
        self.read.clear();
        let Stream::Plain(tcp) = std::mem::replace(&mut self.stream, Stream::Gone) else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        let tls = acceptor.accept(tcp).await?;
        let (_, session) = tls.get_ref();
        let version = session.protocol_version().and_then(|version| version.as_str()).unwrap_or("TLS");
        let suite = session.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str()).unwrap_or("unknown");
        let described = format!("{} {suite}", version.replace('_', "."));
        self.stream = Stream::Tls(Box::new(tls));
        Ok(described)
    }

    /// Says the last word and is gone, whether it was heard or not: for when nobody has time for more.
    pub(super) async fn drop_off(mut self) -> io::Result<()> {
        // A new connection takes a line at once, or something is wrong with it.
        const AT_ONCE: Duration = Duration::from_millis(100);
        tokio::time::timeout(AT_ONCE, self.flush()).await.unwrap_or(Ok(()))
    }

    /// Says the last word and hangs up so that it is heard: what the client still sends is read away, up to a bound, because
    /// a connection that is closed with unread bytes takes the reply along.
    pub(super) async fn hang_up(&mut self) -> io::Result<()> {
        const DRAINED_MAX: usize = 4 << 20;
        self.flush().await?;
        self.stream.shutdown().await?;
        let mut drained = 0;
        let mut sink = vec![0; CHUNK];
        while drained < DRAINED_MAX {
            match self.stream.read(&mut sink).await? {
                0 => break,
                count => drained += count,
            }
        }
        Ok(())
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Stream::Tls(tls) => Pin::new(tls.as_mut()).poll_read(cx, buf),
            Stream::Gone => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Stream::Tls(tls) => Pin::new(tls.as_mut()).poll_write(cx, buf),
            Stream::Gone => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Stream::Tls(tls) => Pin::new(tls.as_mut()).poll_flush(cx),
            Stream::Gone => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Stream::Tls(tls) => Pin::new(tls.as_mut()).poll_shutdown(cx),
            Stream::Gone => Poll::Ready(Ok(())),
        }
    }
}
