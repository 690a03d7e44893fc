//! Reads ahead below TLS: rustls asks for 4 KiB at a time, which in a download is one call into the system for every
//! page and took a quarter of its processor time.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// What is read at once while much comes. A quiet connection holds none of it.
const MUCH: usize = 64 << 10;

/// A connection that is read in large pieces as long as there is more than was asked for.
#[derive(Debug)]
pub struct Ahead<S = TcpStream> {
    inner: S,
    buffer: Vec<u8>,
    at: usize,
    end: usize,
    much: bool,
}

impl<S> Ahead<S> {
    /// Reads from this.
    pub(super) fn new(inner: S) -> Ahead<S> {
        Ahead { inner, buffer: Vec::new(), at: 0, end: 0, much: false }
    }

    /// The connection itself.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Ahead<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.at == this.end {
            if !this.much {
                let room = out.remaining();
                ready!(Pin::new(&mut this.inner).poll_read(cx, out))?;
                this.much = out.remaining() == 0 && room > 0;
                return Poll::Ready(Ok(()));
            }
            this.buffer.resize(MUCH, 0);
            let mut piece = ReadBuf::new(&mut this.buffer);
            match Pin::new(&mut this.inner).poll_read(cx, &mut piece) {
                Poll::Ready(read) => read?,
                Poll::Pending => {
                    (this.much, this.buffer) = (false, Vec::new());
                    return Poll::Pending;
                }
            }
            (this.at, this.end) = (0, piece.filled().len());
        }
        let taken = (this.end - this.at).min(out.remaining());
        out.put_slice(&this.buffer[this.at..this.at + taken]);
        this.at += taken;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Ahead<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    #[tokio::test]
    async fn every_byte_comes_in_its_order_and_a_quiet_connection_holds_no_memory() {
        let sent: Vec<u8> = (0..1_000_000u32).map(|n| (n % 251) as u8).collect();
        let (mut far, near) = tokio::io::duplex(300_000);
        let mut near = Ahead::new(near);
        let copy = sent.clone();
        let sending =
            tokio::spawn(async move { tokio::io::AsyncWriteExt::write_all(&mut far, &copy).await.map(|()| far) });
        let (mut got, mut piece) = (Vec::new(), [0; 4096]);
        while got.len() < sent.len() {
            let count = near.read(&mut piece).await.unwrap();
            got.extend_from_slice(&piece[..count]);
        }
        assert!(got == sent, "the bytes are those that were sent");
        let far = sending.await.unwrap().unwrap();
        assert!(futures_util::poll!(std::pin::pin!(near.read(&mut piece))).is_pending());
        assert_eq!(near.buffer.capacity(), 0);
        drop(far);
        assert_eq!(near.read(&mut piece).await.unwrap(), 0, "the end is the end");
    }
}
