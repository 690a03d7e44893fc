//! The model server is held to the letter by clients that were not made for it.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use testkit::{Append, ImapClient, ModelImap, ModelOptions, corpus, digest, mbsync, unix_lines};

fn client(model: &ModelImap) -> ImapClient {
    ImapClient::new(model.port, "anna", "geheim-1")
}

/// A bare line to the server, for what imaplib does not know.
struct Line(BufReader<TcpStream>);

impl Line {
    fn open(model: &ModelImap) -> Line {
        let mut line = Line(BufReader::new(TcpStream::connect(("127.0.0.1", model.port)).unwrap()));
        line.read();
        line.ask("a LOGIN anna geheim-1");
        line
    }

    fn send(&mut self, words: &str) {
        self.0.get_mut().write_all(format!("{words}\r\n").as_bytes()).unwrap();
    }

    fn read(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Everything up to the tagged answer.
    fn ask(&mut self, words: &str) -> Vec<String> {
        self.send(words);
        let tag = format!("{} ", words.split(' ').next().unwrap());
        let mut lines = Vec::new();
        loop {
            let line = self.read();
            let last = line.is_empty() || line.starts_with(&tag);
            lines.push(line);
            if last {
                return lines;
            }
        }
    }
}

#[test]
fn imaplib_and_mbsync_see_what_the_model_holds() {
    for options in [ModelOptions::default(), ModelOptions::plain()] {
        let model = ModelImap::start(options);
        for raw in corpus::messages(3, 40) {
            model.append("INBOX", &raw, &["\\Seen"]);
        }
        let client = client(&model);
        client.append("Archief", &[Append { raw: b"A: b\r\n\r\nc\r\n".to_vec(), ..Append::default() }]);
        client.create("Werk/2026");
        client.move_to("INBOX", "2:3", "Werk/2026");
        client.expunge("INBOX", "5");
        client.flags("INBOX", "1", "+FLAGS", &["\\Flagged"]);

        let (held, seen) = (model.snapshot(), client.snapshot());
        assert_eq!(held.keys().collect::<Vec<_>>(), seen.keys().collect::<Vec<_>>());
        for (name, folder) in &held {
            assert_eq!(folder.validity, seen[name].validity);
            for (message, (uid, (digest, flags))) in seen[name].messages.iter().zip(&folder.messages) {
                assert_eq!((message.uid, &message.digest), (*uid, digest), "{name}");
                assert!(message.flags.iter().eq(flags), "{name} {uid}");
            }
            assert_eq!(folder.messages.len(), seen[name].messages.len());
        }
        assert_eq!(held["INBOX"].messages.len(), 37);
        let pulled = mbsync(model.port, "anna", "geheim-1");
        assert_eq!(pulled["Archief"], [digest(&unix_lines(b"A: b\r\n\r\nc\r\n"))]);
        assert_eq!(pulled["INBOX"].len(), 37);
    }
}

#[test]
fn qresync_tells_what_went_and_what_changed_since() {
    let model = ModelImap::start(ModelOptions::default());
    for number in 1..=5 {
        model.append("INBOX", format!("Subject: {number}\r\n\r\n").as_bytes(), &[]);
    }
    let mut line = Line::open(&model);
    assert!(line.ask("b ENABLE QRESYNC")[0].contains("QRESYNC"));
    let opened = line.ask("c SELECT INBOX");
    let highest = opened.iter().find_map(|it| it.split_once("HIGHESTMODSEQ ")).unwrap().1;
    let (highest, _) = highest.split_once(']').unwrap();
    let (_, validity) = opened.iter().find_map(|it| it.split_once("UIDVALIDITY ")).unwrap();
    let (validity, _) = validity.split_once(']').unwrap();

    line.ask("d UNSELECT");
    model.expunge("INBOX", &[2, 3]);
    model.set_flags("INBOX", 5, &["\\Seen"]);
    let again = line.ask(&format!("e SELECT INBOX (QRESYNC ({validity} {highest}))"));
    assert!(again.contains(&"* VANISHED (EARLIER) 2:3".to_owned()), "{again:?}");
    let changed: Vec<&String> = again.iter().filter(|it| it.contains("FETCH")).collect();
    assert!(changed.len() == 1 && changed[0].starts_with("* 3 FETCH (UID 5 FLAGS (\\Seen)"), "{changed:?}");

    model.renumber("INBOX", 1);
    assert!(line.ask("f NOOP")[0].starts_with("* BYE"));
}

#[test]
fn an_idling_client_is_told_at_once() {
    let model = ModelImap::start(ModelOptions::default());
    model.append("INBOX", b"\r\n", &[]);
    let mut line = Line::open(&model);
    line.ask("b SELECT INBOX");
    line.send("c IDLE");
    assert_eq!(line.read(), "+ idling");
    model.append("INBOX", b"\r\n", &[]);
    assert_eq!(line.read(), "* 2 EXISTS");
    model.expunge("INBOX", &[1]);
    assert_eq!(line.read(), "* 1 EXPUNGE");
    line.send("DONE");
    assert_eq!(line.read(), "c OK idled");
}

#[test]
fn the_line_is_cut_after_exactly_so_many_bytes() {
    let model = ModelImap::start(ModelOptions::default());
    let mut line = Line::open(&model);
    model.cut_after(10);
    assert_eq!(line.ask("b NOOP")[0], "b OK nothi");
    assert_eq!(line.read(), "");
    assert_eq!(client(&model).refusal(), None, "only one connection is cut");
}

#[test]
fn list_status_answers_everything_in_one_round() {
    let model = ModelImap::start(ModelOptions::default());
    model.append("INBOX", b"\r\n", &[]);
    let mut line = Line::open(&model);
    let lines = line.ask("b LIST \"\" \"*\" RETURN (SPECIAL-USE STATUS (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ))");
    assert!(lines.iter().any(|it| it.starts_with("* STATUS \"INBOX\" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY")), "{lines:?}");
    assert!(lines.contains(&"* LIST (\\HasNoChildren \\Sent) \"/\" \"Verzonden\"".to_owned()), "{lines:?}");
    line.ask("c SELECT INBOX");
    assert_eq!(line.ask("d UID SEARCH RETURN (ALL) ALL")[0], "* ESEARCH (TAG \"d\") UID ALL 1 COUNT 1");
}
