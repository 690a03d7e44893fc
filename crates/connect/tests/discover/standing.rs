//! Guesses count only when a server stands there that speaks well and shows a good certificate.

use crate::server::{mx, options, table};
use connect::{
    World, WorldOptions,
    discover::{Endpoint, GuessPorts, Origin, discover_with},
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use std::{io::Write, sync::Arc};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn issuer() -> Issuer {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server in TLS for this name that greets so and answers every line so.
async fn stand(issuer: &Issuer, name: &str, greeting: &'static str, answer: &'static str) -> u16 {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, issuer).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let mut stream = BufReader::new(stream);
                let _ = stream.write_all(greeting.as_bytes()).await;
                let mut line = String::new();
                while stream.flush().await.is_ok() && stream.read_line(&mut line).await.is_ok_and(|count| count > 0) {
                    let _ = stream.write_all(answer.as_bytes()).await;
                }
            });
        }
    });
    port
}

async fn search(issuer: &Issuer, imaps: u16, submissions: u16) -> (Option<Endpoint>, Option<Endpoint>) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(issuer.pem().as_bytes()).unwrap();
    let allow_networks = vec!["127.0.0.1/32".parse().unwrap()];
    let extra_ca = Some(file.path().to_owned());
    let table = mx(table().host("mx.shop.test", "127.0.0.1".parse().unwrap()), "mx.shop.test");
    let world = World::new(WorldOptions { allow_networks, extra_ca, ..WorldOptions::default() }).unwrap();
    let mut options = options(1);
    options.guess_ports = GuessPorts { imaps, imap: 1, pop3s: 1, submissions, submission: 1 };
    let found = discover_with(&world.with_resolver(Arc::new(table)), "info@shop.test", &options).await;
    assert!(found.iter().all(|one| one.source == Origin::Guess));
    found.into_iter().next().map_or((None, None), |one| (one.incoming, one.outgoing))
}

const SMTP: (&str, &str) = ("220 shop.test\r\n", "250 shop.test\r\n");
const IMAP: (&str, &str) = ("* OK ready\r\n", "a OK\r\n");

#[tokio::test]
async fn a_server_under_a_usual_name_is_found() {
    let issuer = issuer();
    let imaps = stand(&issuer, "mx.shop.test", IMAP.0, IMAP.1).await;
    let submissions = stand(&issuer, "shop.test", SMTP.0, SMTP.1).await;

    let (incoming, outgoing) = search(&issuer, imaps, submissions).await;

    assert_eq!(incoming.unwrap().host, "mx.shop.test");
    assert_eq!(outgoing.unwrap().host, "shop.test");
}

#[tokio::test]
async fn a_server_with_another_name_or_another_tongue_is_not_offered() {
    let issuer = issuer();
    let imaps = stand(&issuer, "other.test", IMAP.0, IMAP.1).await;
    let submissions = stand(&issuer, "shop.test", IMAP.0, IMAP.1).await;

    assert_eq!(search(&issuer, imaps, submissions).await, (None, None));
}
