//! The POP3 source against real servers, compared with what Python's poplib, which shares nothing with it, fetches.

#[path = "../pop3/kept.rs"]
mod kept;

use connect::{Credentials, Edit, Encryption, Secret, Server, Source, World, pop3::Pop3Source, settings::WorldOptions};
use kept::{Kept, source_at};
use mail::RemoteId;
use std::collections::BTreeMap;
use testkit::{
    Append, Ca, Courier, Cyrus, CyrusOptions, Dovecot, DovecotOptions, ImapClient, OauthServer, PopClient, Tls, corpus,
};

const USER: (&str, &str) = ("anna", "ge\"he\\im 1*");

fn users() -> Vec<(String, String)> {
    vec![(USER.0.into(), USER.1.into())]
}

fn put(imap_port: u16, messages: Vec<Vec<u8>>) {
    let letters: Vec<Append> = messages.into_iter().map(|raw| Append { raw, ..Append::default() }).collect();
    ImapClient::new(imap_port, USER.0, USER.1).append("INBOX", &letters);
}

/// Both hold the same messages under the same names.
fn assert_same(kept: &Kept, client: &PopClient) {
    let there: BTreeMap<String, String> =
        client.fetch(&[]).into_iter().map(|message| (message.uidl, message.digest)).collect();
    let here: BTreeMap<String, String> =
        kept.letters.iter().map(|(name, raw)| (name.clone(), testkit::digest(raw))).collect();
    assert!(here == there, "{} here, {} there", here.len(), there.len());
}

/// What every server must survive.
async fn story(imap_port: u16, pop3_port: u16, count: usize) {
    put(imap_port, corpus::messages(25, count));
    put(imap_port, vec![b"Subject: dots\r\n\r\n.\r\n..\r\n...x\r\n.x\r\n".to_vec()]);
    let client = PopClient::new(pop3_port, USER.0, USER.1);
    let (mut kept, mut source) = (Kept::default(), kept::source(pop3_port));
    kept.pull(&mut source).await.unwrap();
    assert_eq!(kept.letters.len(), count + 1);
    assert!(kept.unreadable.is_empty(), "{:?}", kept.unreadable);
    assert_same(&kept, &client);

    // What is new comes alone; what another program deletes is seen to be gone.
    let gone: Vec<String> = kept.came[..3].to_vec();
    client.fetch(&gone);
    put(imap_port, vec![b"Message-ID: <last@shop>\r\nSubject: last\r\n\r\nx\r\n".to_vec()]);
    kept.pull(&mut source).await.unwrap();
    assert_eq!(kept.came.len(), count + 2);
    let present = kept.present.clone().expect("another list");
    assert_eq!(present.len(), count - 1);
    assert!(gone.iter().all(|name| !present.contains(&RemoteId::Name(name.clone()))));

    // Found by its id, and deleted for good.
    source.folders().await.unwrap();
    let found = source.find("INBOX", "last@shop").await.unwrap();
    let [(epoch, remote)] = &found[..] else { panic!("{found:?}") };
    let delete = Edit::Delete { folder: "INBOX".into(), epoch: *epoch, remote: remote.clone() };
    source.edit(vec![delete]).await.unwrap().remove(0).unwrap();
    assert_eq!(client.fetch(&[]).len(), count - 2);
    assert!(source.find("INBOX", "last@shop").await.unwrap().is_empty());
    source.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dovecot_hands_over_every_byte() {
    let dovecot = Dovecot::start(DovecotOptions { users: users(), ..DovecotOptions::default() });
    story(dovecot.imap_port, dovecot.pop3_port, 500).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cyrus_hands_over_every_byte() {
    let cyrus = Cyrus::start(CyrusOptions { users: users(), ..CyrusOptions::default() });
    story(cyrus.imap_port, cyrus.pop3_port, 500).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn courier_hands_over_every_byte() {
    // A password of Courier's own is kept in a file in which a quotation mark means something.
    let courier = Courier::start(&[USER]);
    // It lets poplib, which asks for one message at a time, wait a moment for each.
    story(courier.imap_port, courier.pop3_port, 100).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dovecot_is_reached_over_tls_both_ways_and_by_no_impostor() {
    let (ca, other) = (Ca::new(), Ca::new());
    let folder = tempfile::tempdir().unwrap();
    let [authority, stranger] = [("ca.pem", &ca), ("other.pem", &other)].map(|(name, ca)| {
        let path = folder.path().join(name);
        std::fs::write(&path, &ca.pem).unwrap();
        path
    });
    let tls = Some(ca.issue(&["localhost"]));
    let dovecot = Dovecot::start(DovecotOptions { users: users(), tls, ..DovecotOptions::default() });
    put(dovecot.imap_port, corpus::messages(7, 20));
    for (port, encryption) in [(dovecot.pop3_port, Encryption::Starttls), (dovecot.pop3s_port, Encryption::Tls)] {
        let mut kept = Kept::default();
        kept.pull(&mut source_at(port, encryption, 0, Some(authority.clone()))).await.unwrap();
        let tls = Tls::Implicit(authority.clone());
        let client = PopClient { port: dovecot.pop3s_port, tls, ..PopClient::new(0, USER.0, USER.1) };
        assert_same(&kept, &client);
        let refused = source_at(port, encryption, 0, Some(stranger.clone())).folders().await;
        assert!(refused.is_err());
    }
    let log = dovecot.process.log();
    assert!(!log.contains("Plaintext"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn dovecot_takes_a_token_by_either_mechanism() {
    let oauth = OauthServer::start();
    let dovecot = Dovecot::start(DovecotOptions {
        users: users(),
        oauth: Some(oauth.issuer.clone()),
        ..DovecotOptions::default()
    });
    put(dovecot.imap_port, corpus::messages(7, 3));
    let world =
        World::new(WorldOptions { allow_networks: vec!["127.0.0.0/8".parse().unwrap()], ..WorldOptions::default() });
    let server = Server {
        host: "127.0.0.1".into(),
        port: dovecot.pop3_port,
        encryption: Encryption::None,
        pinned_certificate: None,
    };
    let token = oauth.token(USER.0, 600);
    let credentials = Credentials::Token { username: USER.0.into(), token: Secret::new(token.as_bytes()) };
    let mut source = Pop3Source::new(world.unwrap(), server, credentials, None);
    assert_eq!(source.folders().await.unwrap()[0].messages, Some(3));
    source.close().await;
}
