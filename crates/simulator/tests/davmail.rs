//! DavMail, a second client of Exchange that we did not write, works on the Exchange server as IMAP and SMTP.

use simulator::{Cloud, EXCHANGE_PASSWORD, Simulator};
use testkit::{Append, DavMail, ImapClient, digest};

const INFO: &str = "info@voorbeeld.test";

fn letter(subject: &str) -> Vec<u8> {
    let id = subject.to_lowercase();
    format!("Message-ID: <{id}@x.test>\r\nFrom: els@klant.test\r\nTo: {INFO}\r\nSubject: {subject}\r\n\r\nDag!\r\n")
        .into()
}

#[tokio::test(flavor = "multi_thread")]
async fn davmail_lists_reads_flags_moves_and_removes_and_everything_it_says_is_as_the_schema_has_it() {
    let simulator = Simulator::start("127.0.0.1:0".parse().unwrap(), Cloud::default()).await.unwrap();
    simulator.with(|cloud| {
        cloud.exchange.record = Some(Vec::new());
        let mailbox = cloud.mailbox(INFO).unwrap();
        for subject in ["Een", "Twee", "Drie"] {
            mailbox.put("inbox", letter(subject), jiff::Timestamp::now());
        }
    });
    let url = format!("{}/EWS/Exchange.asmx", simulator.url);
    let found = tokio::task::spawn_blocking(move || {
        let gateway = DavMail::start(&url);
        let client = ImapClient::new(gateway.imap_port, INFO, EXCHANGE_PASSWORD);
        let folders = client.folders();
        let uid = |subject: &str| {
            let wanted = digest(&letter(subject));
            let inbox = client.folder("INBOX");
            let found = inbox.messages.iter().find(|message| message.digest == wanted);
            found.unwrap_or_else(|| panic!("no {subject} in {inbox:?}")).uid.to_string()
        };
        client.flags("INBOX", &uid("Een"), "+FLAGS", &["\\Seen", "\\Flagged"]);
        client.create("Klanten");
        client.move_to("INBOX", &uid("Twee"), "Klanten");
        client.expunge("INBOX", &uid("Drie"));
        client.append("Klanten", &[Append { raw: letter("Vier"), ..Append::default() }]);
        (folders, client.folder("INBOX").messages.len(), client.folder("Klanten").messages.len())
    });
    let (folders, inbox, clients) = found.await.unwrap();
    assert!(folders.keys().any(|name| name == "INBOX"), "{folders:?}");
    assert_eq!((inbox, clients), (1, 2));
    let said = simulator.with(|cloud| {
        let letters = &cloud.mailbox(INFO).unwrap().letters;
        let first = letters.values().find(|one| one.raw == letter("Een")).unwrap();
        assert!(first.is_read && first.flag == "flagged");
        cloud.exchange.record.take().unwrap()
    });
    let documents: Vec<String> = said.into_iter().flat_map(|(question, answer)| [question, answer]).collect();
    let wrong = testkit::held_against_exchange_schema(&documents).unwrap_or_default();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
