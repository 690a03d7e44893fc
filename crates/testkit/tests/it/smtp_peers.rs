use testkit::{Ca, Dovecot, DovecotOptions, Exim, EximOptions, ImapClient, OauthServer, Postfix, PostfixOptions};
use testkit::{SmtpClient, Tls};

const LETTER: &[u8] = b"From: Anna <anna@example.test>\r\nTo: bram@example.test\r\nSubject: Offerte\r\n\
    Message-ID: <offerte-1@example.test>\r\n\r\nIn de bijlage.\r\n";

fn mailboxes() -> DovecotOptions {
    let users = [("anna@example.test", "geheim-1"), ("bram@example.test", "geheim-2")];
    let users = users.map(|(name, password)| (name.to_owned(), password.to_owned())).to_vec();
    DovecotOptions { users, ..DovecotOptions::default() }
}

fn until_delivered(client: &ImapClient) -> Vec<Vec<u8>> {
    let begin = std::time::Instant::now();
    loop {
        let bodies = client.bodies("INBOX");
        if !bodies.is_empty() || begin.elapsed().as_secs() > 30 {
            return bodies;
        }
    }
}

#[test]
fn a_submission_through_postfix_arrives_in_dovecot() {
    let ca = Ca::new();
    let dir = tempfile::tempdir().unwrap();
    let trusted = dir.path().join("ca.pem");
    std::fs::write(&trusted, &ca.pem).unwrap();
    let dovecot = Dovecot::start(mailboxes());
    let postfix = Postfix::start(PostfixOptions {
        deliver_to_lmtp: Some(dovecot.lmtp_port),
        auth_socket: Some(dovecot.auth_socket.clone()),
        tls: Some(ca.issue(&["localhost"])),
        ..PostfixOptions::default()
    });
    let login = Some(("anna@example.test".to_owned(), "geheim-1".to_owned()));
    let mut client = SmtpClient { port: postfix.submission_port, login, ..SmtpClient::default() };
    client.tls = Tls::StartTls(trusted.clone());
    let refused = client.send("anna@example.test", &["bram@example.test", "gone@example.test"], LETTER).unwrap();
    assert_eq!(refused["gone@example.test"][0], 550);
    assert_eq!(refused.as_object().unwrap().len(), 1);

    let bodies = until_delivered(&ImapClient::new(dovecot.imap_port, "bram@example.test", "geheim-2"));
    let text = String::from_utf8(bodies[0].clone()).unwrap();
    assert!(text.contains("In de bijlage.") && text.contains("with ESMTPSA"), "{text}");

    client.port = postfix.submissions_port;
    client.tls = Tls::Implicit(trusted);
    assert!(client.send("anna@example.test", &["bram@example.test"], LETTER).is_ok());
    client.login = Some(("anna@example.test".into(), "verkeerd".into()));
    assert!(client.send("anna@example.test", &["bram@example.test"], LETTER).unwrap_err().starts_with("535"));
}

#[test]
fn postfix_takes_a_token_through_dovecot() {
    let provider = OauthServer::start();
    let dovecot = Dovecot::start(DovecotOptions { oauth: Some(provider.url.clone()), ..mailboxes() });
    let auth_socket = Some(dovecot.auth_socket.clone());
    let postfix = Postfix::start(PostfixOptions { auth_socket, ..PostfixOptions::default() });
    let token = provider.token("anna@example.test", 600);
    let login = Some(("anna@example.test".to_owned(), token));
    let client = SmtpClient { port: postfix.submission_port, login, by_token: true, tls: Tls::Off };
    assert_eq!(client.send("anna@example.test", &["bram@example.test"], LETTER), Ok(serde_json::json!({})));
}

#[test]
fn postfix_fails_the_way_it_was_asked_to() {
    let postfix = Postfix::start(PostfixOptions { messages_per_minute: 3, ..PostfixOptions::default() });
    let client = SmtpClient { port: postfix.smtp_port, ..SmtpClient::default() };
    let code = |local: &str| {
        let to = format!("{local}@example.test");
        client.send("klant@elders.test", &[&to], LETTER).map(|refused| refused[&to][0].as_u64())
    };
    assert_eq!(code("full"), Ok(Some(452)));
    assert_eq!(code("policy"), Ok(Some(554)));
    assert_eq!(code("anna"), Ok(None));
    let over = client.send("klant@elders.test", &["anna@example.test"], LETTER).unwrap_err();
    assert!(over.starts_with("450"), "{over}");
}

#[test]
fn swaks_meets_a_server_without_extensions() {
    let postfix = Postfix::start(PostfixOptions::default());
    let output = std::process::Command::new("swaks")
        .args(["--server", "127.0.0.1", "--port", &postfix.bare_port.to_string(), "--from", "klant@elders.test"])
        .args(["--to", "anna@example.test", "--header", "Subject: proef"])
        .output()
        .expect("swaks is installed; if not, run `make peers`");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(!text.contains("PIPELINING"), "{text}");
}

#[test]
fn exim_refuses_after_the_data_and_after_so_many_messages() {
    let exim = Exim::start(EximOptions { messages_per_connection: 2, ..EximOptions::default() });
    let client = SmtpClient { port: exim.smtp_port, ..SmtpClient::default() };
    assert_eq!(client.send("klant@elders.test", &["anna@example.test"], LETTER), Ok(serde_json::json!({})));
    let evil = b"Subject: REFUSE AFTER DATA\r\n\r\nx\r\n";
    let refusal = client.send("klant@elders.test", &["anna@example.test"], evil).unwrap_err();
    assert!(refusal.starts_with("550"), "{refusal}");
    let begin = std::time::Instant::now();
    while exim.delivered().is_empty() && begin.elapsed().as_secs() < 30 {}
    assert!(String::from_utf8_lossy(&exim.delivered()[0]).contains("In de bijlage."));
}
