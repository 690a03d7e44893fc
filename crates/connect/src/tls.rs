//! TLS 1.2 and up, verified or pinned, never "accept everything" where we sign in.

mod ahead;
mod certificate;
mod dane;
mod trust;

pub use ahead::Ahead;
pub use certificate::{Presented, spki_sha256};
pub(crate) use certificate::{describe, end_point};
pub(crate) use dane::is_usable;
pub(crate) use trust::Assurance;
pub use trust::Trust;

use crate::{
    ConnectError, Server, ServerWords, World,
    egress::{STEP_DEADLINE, ascii_host, later},
    error::{Cause, Step},
};
use rustls::{AlertDescription, CertificateError, pki_types::ServerName};
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// A connection, plain or encrypted.
#[derive(Debug)]
pub enum Stream {
    /// As it comes.
    Plain(TcpStream),
    /// Inside TLS. Boxed: most of what lives long is this, and the enum stays small.
    Tls(Box<TlsStream<Ahead>>),
}

/// The same connection, encrypted and its certificate verified.
///
/// After STARTTLS the caller makes sure that it has no bytes of the plain connection left in a buffer: those were put
/// there by somebody in the middle (RFC 3207 §4.2, RFC 9051 §6.2.1).
pub async fn upgrade(world: &World, server: &Server, stream: Stream) -> Result<Stream, ConnectError> {
    let Stream::Plain(tcp) = stream else {
        return Err(settings(Cause::WrongEncryption, "the connection is encrypted already"));
    };
    let host = server.host.trim().trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
    let name = if host.parse::<std::net::IpAddr>().is_ok() { host.to_owned() } else { ascii_host(host)? };
    let Ok(name) = ServerName::try_from(name) else {
        return Err(settings(Cause::CertificateWrongHost, "the host name can't be in a certificate"));
    };
    let connector = TlsConnector::from(world.tls.config(server)?);
    match tokio::time::timeout(STEP_DEADLINE, connector.connect(name, Ahead::new(tcp))).await {
        Ok(Ok(stream)) => Ok(Stream::Tls(Box::new(stream))),
        Ok(Err(error)) => Err(handshake_error(world, server, &error)),
        Err(_) => Err(later(Step::Tls, Cause::TimedOut, "the handshake took too long".to_owned())),
    }
}

/// The same connection to a mail exchanger, encrypted, its certificate held against what is known of it.
pub(crate) async fn upgrade_exchanger(
    world: &World,
    host: &str,
    assurance: &Assurance,
    stream: Stream,
) -> Result<Stream, ConnectError> {
    let Stream::Plain(tcp) = stream else {
        return Err(settings(Cause::WrongEncryption, "the connection is encrypted already"));
    };
    let Ok(name) = ServerName::try_from(host.to_owned()) else {
        return Err(settings(Cause::CertificateWrongHost, "the host name can't be in a certificate"));
    };
    let connector = TlsConnector::from(world.tls.of_exchanger(assurance)?);
    match tokio::time::timeout(STEP_DEADLINE, connector.connect(name, Ahead::new(tcp))).await {
        Ok(Ok(stream)) => Ok(Stream::Tls(Box::new(stream))),
        Ok(Err(error)) => {
            let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
            let refused = tls.and_then(certificate_refused);
            Err(refused.unwrap_or_else(|| later(Step::Tls, Cause::Dropped, format!("during the handshake: {error}"))))
        }
        Err(_) => Err(later(Step::Tls, Cause::TimedOut, "the handshake took too long".to_owned())),
    }
}

/// The certificate this server showed when it was last refused, for the page that offers to pin it.
pub fn refused_certificate(world: &World, server: &Server) -> Option<Presented> {
    world.tls.refused(server)
}

/// What a failed handshake says of the certificate, for whoever speaks TLS without [`upgrade`].
pub(crate) fn certificate_refused(error: &rustls::Error) -> Option<ConnectError> {
    let rustls::Error::InvalidCertificate(why) = error else { return None };
    let refused = match why {
        CertificateError::Other(other) => other.0.downcast_ref::<trust::RefusedCertificate>(),
        _ => None,
    };
    Some(match refused {
        Some(refused) => settings(refused.cause, &refused.reason),
        None => settings(Cause::CertificateUntrusted, &error.to_string()),
    })
}

fn settings(cause: Cause, words: &str) -> ConnectError {
    ConnectError::Settings { step: Step::Tls, cause, words: ServerWords(words.to_owned()) }
}

fn handshake_error(world: &World, server: &Server, error: &io::Error) -> ConnectError {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let Some(tls) = tls else {
        return later(Step::Tls, Cause::Dropped, format!("during the handshake: {error}"));
    };
    let cause = match tls {
        rustls::Error::InvalidCertificate(CertificateError::Other(other)) => {
            let Some(refused) = other.0.downcast_ref::<trust::RefusedCertificate>() else {
                return settings(Cause::CertificateUntrusted, &tls.to_string());
            };
            world.tls.remember_refused(server, refused.presented.clone());
            return settings(refused.cause, &refused.in_words());
        }
        rustls::Error::InvalidCertificate(_) => Cause::CertificateUntrusted,
        rustls::Error::PeerIncompatible(_) => Cause::TlsOutdated,
        rustls::Error::AlertReceived(AlertDescription::ProtocolVersion | AlertDescription::HandshakeFailure) => {
            Cause::TlsOutdated
        }
        // The server has no certificate for the name we asked for.
        rustls::Error::AlertReceived(AlertDescription::UnrecognisedName) => Cause::CertificateWrongHost,
        rustls::Error::InvalidMessage(_) => Cause::WrongEncryption,
        _ => return later(Step::Tls, Cause::Dropped, format!("during the handshake: {tls}")),
    };
    settings(cause, &tls.to_string())
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Stream::Tls(tls) => Pin::new(tls.as_mut()).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Stream::Tls(tls) => Pin::new(tls.as_mut()).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_write_vectored(cx, bufs),
            Stream::Tls(tls) => Pin::new(tls.as_mut()).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Stream::Tls(tls) => Pin::new(tls.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Stream::Tls(tls) => Pin::new(tls.as_mut()).poll_shutdown(cx),
        }
    }
}
