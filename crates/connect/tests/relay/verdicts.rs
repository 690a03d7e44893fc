//! Whether a letter is from whom it says, with BIND for the names, and dkimpy and pyspf as a second opinion.

use crate::house::{INFO, Open, Talk};
use connect::relay::Verifier;
use std::{
    io::Write,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use testkit::NameServer;
use tokio::net::TcpStream;

const RECORDS: &str = r#"
@ IN MX 10 mail
@ IN TXT "v=spf1 ip4:192.0.2.0/24 include:_spf.elders.test -all"
mail IN A 192.0.2.9
_spf IN TXT "v=spf1 ip6:2001:db8::/32 ~all"
_dmarc IN TXT "v=DMARC1; p=reject; aspf=s; adkim=s"
zacht IN TXT "v=spf1 a:mail.elders.test ~all"
_dmarc.zacht IN TXT "v=DMARC1; p=none"
kring IN TXT "v=spf1 include:kring.elders.test -all"
dubbel IN TXT "v=spf1 -all"
dubbel IN TXT "v=spf1 +all"
laat IN TXT "v=spf1 ip4:192.0.2.0/24 -all"
_dmarc.laat IN TXT "v=DMARC1; p=reject"
post IN TXT "v=spf1 mx:elders.test ?all"
veel IN TXT "v=spf1 exists:a.elders.test exists:b.elders.test exists:c.elders.test exists:d.elders.test exists:e.elders.test exists:f.elders.test exists:g.elders.test exists:h.elders.test exists:i.elders.test exists:j.elders.test exists:k.elders.test -all"
"#;
pub(crate) const LETTER: &str = "From: Jan Smit <jan@elders.test>\r\nTo: info@voorbeeld.test\r\nSubject: Offerte\r\nDate: Sun, 22 Nov 2026 10:00:00 +0100\r\nMessage-ID: <een@elders.test>\r\n\r\nGraag een offerte.\r\n";

/// A zone with a key, and who asks it.
pub(crate) struct Names {
    pub(crate) server: NameServer,
    pub(crate) key: PathBuf,
    _folder: tempfile::TempDir,
}

pub(crate) fn run(program: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{program}: {error}"));
    child.stdin.take().expect("a pipe").write_all(input).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

pub(crate) fn names() -> Names {
    let folder = tempfile::tempdir().expect("a folder");
    let key = folder.path().join("dkim.key");
    let file = key.display().to_string();
    run("openssl", &["genrsa", "-traditional", "-out", &file, "2048"], b"");
    let public = run("openssl", &["rsa", "-in", &file, "-pubout", "-outform", "PEM"], b"");
    let public: String = String::from_utf8_lossy(&public).lines().filter(|line| !line.starts_with('-')).collect();
    let (one, two) = public.split_at(200);
    let zone = format!("{RECORDS}\ns1._domainkey IN TXT \"v=DKIM1; k=rsa; p={one}\" \"{two}\"\n");
    Names { server: NameServer::start(&[("test", ""), ("elders.test", &zone)]), key, _folder: folder }
}

pub(crate) fn signed(key: &Path, letter: &str) -> String {
    signed_by("elders.test", key, letter)
}

pub(crate) fn signed_by(domain: &str, key: &Path, letter: &str) -> String {
    let signed = run("dkimsign", &["s1", domain, &key.display().to_string()], letter.as_bytes());
    // It writes its own field with bare line ends.
    String::from_utf8(signed).expect("text").replace("\r\n", "\n").replace('\n', "\r\n")
}

/// Brings a letter as if from there, and gives what was found of its sender.
pub(crate) async fn found(open: &Open, client: &str, sender: &str, letter: &str) -> String {
    let before = open.letters();
    let mut talk = Talk::raw(TcpStream::connect(open.at).await.expect("it listens"));
    talk.say(format!("PROXY TCP4 {client} 198.51.100.2 4711 25\r\n").as_bytes()).await;
    assert!(talk.reply().await.starts_with("220"));
    for command in ["EHLO mail.elders.test".to_owned(), format!("MAIL FROM:<{sender}>"), format!("RCPT TO:<{INFO}>")] {
        talk.expect(&command, "250").await;
    }
    assert!(talk.data(format!("{letter}.\r\n").as_bytes()).await.starts_with("250"));
    let kept = open.letter(before);
    let begin = kept.find("Authentication-Results: post.example;").expect("what was found");
    let itself = ["\r\nReceived:", "\r\nFrom:", "\r\nDKIM-Signature:", "\r\nARC-", "\r\nAuthentication-Results:"];
    let ends = itself.iter().filter_map(|field| kept[begin..].find(field));
    let end = ends.min().expect("the letter itself");
    kept[begin..begin + end].to_owned()
}

pub(crate) async fn open(at: SocketAddr) -> Open {
    let everywhere = |options: &mut connect::relay::RelayOptions| {
        options.proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    };
    Open::asking(Verifier::of_name_server(at), everywhere).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_is_believed_when_its_domain_says_so_and_doubted_when_not() {
    let names = tokio::task::spawn_blocking(names).await.expect("a name server");
    let open = open(names.server.address).await;
    let proven = signed(&names.key, LETTER);
    let all = found(&open, "192.0.2.9", "jan@elders.test", &proven).await;
    for word in ["spf=pass", "smtp.mailfrom=jan@elders.test", "dkim=pass", "dmarc=pass header.from=elders.test"] {
        assert!(all.contains(word), "{word}: {all}");
    }
    // Forwarded by another: the signature still speaks for it.
    let forwarded = found(&open, "198.51.100.7", "jan@elders.test", &proven).await;
    assert!(forwarded.contains("spf=fail") && forwarded.contains("dkim=pass"), "{forwarded}");
    assert!(forwarded.contains("dmarc=pass"), "{forwarded}");
    // Changed on the way, and from nowhere: nothing speaks for it, and its domain wants it refused.
    let changed = proven.replace("Graag een offerte.", "Betaal op een andere rekening.");
    let forged = found(&open, "198.51.100.7", "jan@elders.test", &changed).await;
    assert!(!forged.contains("dkim=pass") && forged.contains("dmarc=fail"), "{forged}");
    assert!(forged.contains("policy.dmarc=reject"), "{forged}");
    // Only watched.
    let watched = LETTER.replace("jan@elders.test", "jan@zacht.elders.test");
    let watched = found(&open, "198.51.100.7", "jan@zacht.elders.test", &watched).await;
    assert!(watched.contains("spf=softfail") && watched.contains("dmarc=fail"), "{watched}");
    assert!(watched.contains("policy.dmarc=none"), "{watched}");
    // Nobody else's word in our name stays.
    let claimed = format!("Authentication-Results: post.example; dmarc=pass\r\n{LETTER}");
    found(&open, "198.51.100.7", "jan@elders.test", &claimed).await;
    let kept = open.letter(open.letters() - 1);
    assert_eq!(kept.matches("Authentication-Results:").count(), 1, "{kept}");
}

/// What pyspf says, asking the same name server.
fn second_opinion(at: SocketAddr, client: &str, sender: &str) -> String {
    let script = format!(
        "import dns.resolver, spf\n\
         asked = dns.resolver.Resolver(configure=False)\n\
         asked.nameservers, asked.port = ['{}'], {}\n\
         dns.resolver.default_resolver = asked\n\
         print(spf.check2('{client}', '{sender}', 'mail.elders.test')[0])",
        at.ip(),
        at.port()
    );
    String::from_utf8_lossy(&run("/usr/bin/python3", &["-"], script.as_bytes())).trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn spf_says_what_a_second_opinion_says() {
    let names = tokio::task::spawn_blocking(names).await.expect("a name server");
    let open = open(names.server.address).await;
    let mut said = Vec::new();
    for domain in ["", "zacht.", "kring.", "dubbel.", "post.", "veel.", "niemand."] {
        for client in ["192.0.2.9", "198.51.100.7"] {
            let sender = format!("jan@{domain}elders.test");
            let results = found(&open, client, &sender, LETTER).await;
            let ours = results.split("spf=").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("a verdict");
            let theirs = second_opinion(names.server.address, client, &sender);
            assert_eq!(ours, theirs, "{sender} from {client}: {results}");
            said.push(theirs);
        }
    }
    for verdict in ["pass", "fail", "softfail", "permerror", "neutral", "none"] {
        assert!(said.iter().any(|said| said == verdict), "{verdict} is not among {said:?}");
    }
}
