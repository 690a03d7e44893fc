//! Certificates: good, wrong, pinned, changed.

use crate::server::{password, quick, world};
use connect::{
    ConnectError, Encryption, Server, Transport, World, WorldOptions,
    dns::TableResolver,
    error::{Cause, Step},
    smtp::SmtpTransport,
    tls::refused_certificate,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use std::{io::Write, sync::Arc};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: tempfile::NamedTempFile,
}

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(issuer.pem().as_bytes()).unwrap();
    Authority { issuer, file }
}

impl Authority {
    fn acceptor(&self, name: &str, until: i32) -> TlsAcceptor {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
        TlsAcceptor::from(Arc::new(config))
    }

    fn world(&self) -> World {
        let options = WorldOptions {
            allow_networks: vec!["127.0.0.0/8".parse().unwrap()],
            extra_ca: Some(self.file.path().to_owned()),
            ..WorldOptions::default()
        };
        let table = TableResolver::default().host("mail.example.test", "127.0.0.1".parse().unwrap());
        World::new(options).unwrap().with_resolver(Arc::new(table))
    }
}

trait Line: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Line for T {}

async fn converse(stream: impl Line + 'static, mut acceptor: Option<TlsAcceptor>) {
    let mut stream: BufReader<Box<dyn Line>> = BufReader::new(Box::new(stream));
    stream.write_all(b"220 mail.example.test\r\n").await.unwrap();
    stream.flush().await.unwrap();
    let mut line = String::new();
    while stream.read_line(&mut line).await.is_ok_and(|count| count > 0) {
        let answer = match line.split_whitespace().next().unwrap_or_default() {
            "EHLO" if acceptor.is_some() => "250-x\r\n250 STARTTLS\r\n",
            "EHLO" => "250-x\r\n250 AUTH PLAIN\r\n",
            "AUTH" => "235 ok\r\n",
            "STARTTLS" => "220 go\r\n",
            _ => "221 bye\r\n",
        };
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        if line.starts_with("STARTTLS") {
            let Ok(inner) = acceptor.take().unwrap().accept(stream.into_inner()).await else { return };
            stream = BufReader::new(Box::new(inner));
        }
        line.clear();
    }
}

async fn listen(acceptor: TlsAcceptor, encryption: Encryption) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                match encryption {
                    Encryption::Tls => {
                        let Ok(stream) = acceptor.accept(stream).await else { return };
                        converse(stream, None).await;
                    }
                    Encryption::Starttls => converse(stream, Some(acceptor)).await,
                    Encryption::None => converse(stream, None).await,
                }
            });
        }
    });
    Server { host: "mail.example.test".to_owned(), port, encryption, pinned_certificate: None }
}

async fn probe(world: &World, server: &Server) -> Result<String, ConnectError> {
    let transport = SmtpTransport::new(world.clone(), server.clone(), password(), quick());
    transport.probe().await.map(|words| words.0)
}

fn cause(result: Result<String, ConnectError>) -> Cause {
    match result {
        Err(ConnectError::Settings { step: Step::Tls, cause, .. }) => cause,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_certificate_of_the_owners_own_authority_is_trusted() {
    let authority = authority();
    for encryption in [Encryption::Tls, Encryption::Starttls] {
        let server = listen(authority.acceptor("mail.example.test", 2090), encryption).await;

        assert_eq!(probe(&authority.world(), &server).await.unwrap(), "mail.example.test TLS signed in");
    }
}

#[tokio::test]
async fn certificates_that_fail_are_told_apart() {
    let authority = authority();
    let world = authority.world();
    let good = listen(authority.acceptor("mail.example.test", 2090), Encryption::Tls).await;
    let other_name = listen(authority.acceptor("other.example.test", 2090), Encryption::Tls).await;
    let expired = listen(authority.acceptor("mail.example.test", 2021), Encryption::Tls).await;
    let stranger = TableResolver::default().host("mail.example.test", "127.0.0.1".parse().unwrap());
    let stranger = self::world().with_resolver(Arc::new(stranger));

    assert_eq!(cause(probe(&world, &other_name).await), Cause::CertificateWrongHost);
    assert_eq!(cause(probe(&world, &expired).await), Cause::CertificateExpired);
    assert_eq!(cause(probe(&stranger, &good).await), Cause::CertificateUntrusted);
    assert_eq!(refused_certificate(&world, &expired).unwrap().not_after, "2021-01-01T00:00:00Z");
    assert_eq!(refused_certificate(&world, &good), None);
}

#[tokio::test]
async fn a_pinned_key_is_trusted_and_another_is_not() {
    let authority = authority();
    let world = authority.world();
    let mut server = listen(authority.acceptor("other.example.test", 2021), Encryption::Starttls).await;
    assert!(probe(&world, &server).await.is_err());
    let shown = refused_certificate(&world, &server).unwrap();

    server.pinned_certificate = Some(shown.spki_sha256.to_ascii_uppercase());
    assert_eq!(probe(&world, &server).await.unwrap(), "mail.example.test TLS signed in");

    server.pinned_certificate = Some("00".repeat(32));
    assert_eq!(cause(probe(&world, &server).await), Cause::CertificateChanged);
}

#[tokio::test]
async fn plain_text_where_tls_was_expected_is_recognised() {
    let authority = authority();
    let mut server = listen(authority.acceptor("mail.example.test", 2090), Encryption::None).await;
    server.encryption = Encryption::Tls;

    assert_eq!(cause(probe(&authority.world(), &server).await), Cause::WrongEncryption);
}

#[tokio::test]
async fn a_server_that_knows_only_old_tls_is_recognised() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server { port: listener.local_addr().unwrap().port(), ..crate::server::server(0, Encryption::Tls) };
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut hello = [0; 64];
        tokio::io::AsyncReadExt::read_exact(&mut stream, &mut hello).await.unwrap();
        // The alert `protocol_version` (RFC 5246 §7.2), which is what such a server answers.
        stream.write_all(&[0x15, 3, 1, 0, 2, 2, 70]).await.unwrap();
        let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut Vec::new()).await;
    });

    assert_eq!(cause(probe(&world(), &server).await), Cause::TlsOutdated);
}
