//! What carries the bytes: the connection as it is, or through DEFLATE (RFC 4978).

use crate::tls::Stream;
use bytes::{Buf, BytesMut};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The connection under a wire.
#[derive(Debug)]
pub enum Pipe {
    /// As it is.
    Plain(Stream),
    /// Compressed both ways. Boxed: it is large and rare.
    Deflated(Box<Deflated>),
    /// The other end is a test.
    #[cfg(test)]
    Memory(tokio::io::DuplexStream),
    /// Between one state and the next.
    Closed,
}

/// A compressed connection.
#[derive(Debug)]
pub struct Deflated {
    stream: Stream,
    inflate: Decompress,
    deflate: Compress,
    /// Compressed bytes that came and are not inflated yet.
    arrived: BytesMut,
    /// Compressed bytes that are to go.
    leaving: BytesMut,
    /// Something was deflated since the last flush of the compressor.
    unflushed: bool,
}

const CHUNK: usize = 16 << 10;

impl Pipe {
    /// Compresses from here on.
    pub fn compress(&mut self) {
        *self = match std::mem::replace(self, Pipe::Closed) {
            Pipe::Plain(stream) => Pipe::Deflated(Box::new(Deflated {
                stream,
                inflate: Decompress::new(false),
                deflate: Compress::new(Compression::fast(), false),
                arrived: BytesMut::new(),
                leaving: BytesMut::new(),
                unflushed: false,
            })),
            other => other,
        };
    }
}

impl Pipe {
    /// Acknowledges at once what comes next. A server that writes its answer to pipelined commands in two pieces else
    /// holds the second until we acknowledge the first (Nagle), which our side puts off for 40 ms.
    pub fn acknowledge_at_once(&self) {
        #[cfg(target_os = "linux")]
        {
            let stream = match self {
                Pipe::Plain(stream) => stream,
                Pipe::Deflated(deflated) => &deflated.stream,
                _ => return,
            };
            let tcp = match stream {
                Stream::Plain(tcp) => tcp,
                Stream::Tls(tls) => tls.get_ref().0.get_ref(),
            };
            if let Err(error) = tcp.set_quickack(true) {
                tracing::debug!(%error, "quick acknowledgements can't be had; answers may come 40 ms later");
            }
        }
    }
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

impl Deflated {
    fn poll_inflated(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            let before = (self.inflate.total_in(), self.inflate.total_out());
            let place = buf.initialize_unfilled();
            let status = self.inflate.decompress(&self.arrived, place, FlushDecompress::Sync);
            let used = (self.inflate.total_in() - before.0) as usize;
            let made = (self.inflate.total_out() - before.1) as usize;
            self.arrived.advance(used);
            buf.advance(made);
            match status {
                _ if made > 0 => return Poll::Ready(Ok(())),
                Ok(Status::StreamEnd) => return Poll::Ready(Ok(())),
                Ok(Status::Ok | Status::BufError) if used > 0 => continue,
                Ok(Status::Ok | Status::BufError) => {}
                Err(_) => return Poll::Ready(Err(broken("the compressed stream is damaged"))),
            }
            let mut chunk = [0; CHUNK];
            let mut chunk = ReadBuf::new(&mut chunk);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut chunk))?;
            if chunk.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            self.arrived.extend_from_slice(chunk.filled());
        }
    }

    fn deflate(&mut self, input: &[u8], flush: FlushCompress) -> io::Result<usize> {
        let mut taken = 0;
        loop {
            let before = (self.deflate.total_in(), self.deflate.total_out());
            let mut chunk = [0; CHUNK];
            self.deflate.compress(&input[taken..], &mut chunk, flush).map_err(|_| broken("can't compress"))?;
            let made = (self.deflate.total_out() - before.1) as usize;
            taken += (self.deflate.total_in() - before.0) as usize;
            self.leaving.extend_from_slice(&chunk[..made]);
            if taken == input.len() && made < CHUNK {
                return Ok(taken);
            }
        }
    }

    fn poll_leave(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.leaving.is_empty() {
            let count = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.leaving))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.leaving.advance(count);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Pipe {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Pipe::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Pipe::Deflated(deflated) => deflated.poll_inflated(cx, buf),
            #[cfg(test)]
            Pipe::Memory(stream) => Pin::new(stream).poll_read(cx, buf),
            Pipe::Closed => Poll::Ready(Ok(())),
        }
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Pipe::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Pipe::Deflated(deflated) => {
                ready!(deflated.poll_leave(cx))?;
                let bytes = &bytes[..bytes.len().min(CHUNK)];
                deflated.unflushed = true;
                Poll::Ready(deflated.deflate(bytes, FlushCompress::None))
            }
            #[cfg(test)]
            Pipe::Memory(stream) => Pin::new(stream).poll_write(cx, bytes),
            Pipe::Closed => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Pipe::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Pipe::Deflated(deflated) => {
                if std::mem::take(&mut deflated.unflushed) {
                    deflated.deflate(&[], FlushCompress::Sync)?;
                }
                ready!(deflated.poll_leave(cx))?;
                Pin::new(&mut deflated.stream).poll_flush(cx)
            }
            #[cfg(test)]
            Pipe::Memory(stream) => Pin::new(stream).poll_flush(cx),
            Pipe::Closed => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Pipe::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Pipe::Deflated(deflated) => Pin::new(&mut deflated.stream).poll_shutdown(cx),
            #[cfg(test)]
            Pipe::Memory(stream) => Pin::new(stream).poll_shutdown(cx),
            Pipe::Closed => Poll::Ready(Ok(())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
    };

    #[tokio::test]
    async fn what_is_compressed_comes_out_as_it_went_in() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (here, there) = tokio::join!(TcpStream::connect(address), listener.accept());
        let mut here = Pipe::Plain(Stream::Plain(here.unwrap()));
        let mut there = Pipe::Plain(Stream::Plain(there.unwrap().0));
        here.compress();
        there.compress();
        let text: Vec<u8> = (0..300_000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
        for part in [&text[..1], &text[1..5], &text[5..]] {
            let sender = async {
                here.write_all(part).await.unwrap();
                here.flush().await.unwrap();
            };
            let mut received = vec![0; part.len()];
            let (_, read) = tokio::join!(sender, there.read_exact(&mut received));
            read.unwrap();
            assert!(received == part);
        }
    }
}
