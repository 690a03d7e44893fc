use super::*;
use mail::RemoteId;
use proptest::prelude::*;

fn one(line: &str) -> Response {
    read(line.as_bytes(), &mut [])
}

fn fetched(line: &str) -> Fetched {
    match one(line) {
        Response::Fetch(fetched) => *fetched,
        other => panic!("{line}: {other:?}"),
    }
}

fn uids(set: &RemoteSet) -> Vec<u32> {
    set.uids().collect()
}

#[test]
fn no_odd_item_costs_the_fetch_its_uid() {
    for items in [
        "X-GM-THRID 1278455344230334865 X-GM-MSGID 1278455344230334866 X-GM-LABELS (\\Inbox \\Sent Important \"Muy &-\")",
        "EMAILID (M00000001) THREADID (T00000002)",
        "THREADID NIL",
        "PREVIEW \"Hello\" SAVEDATE NIL",
        "BINARY[1] ~{0} BINARY.SIZE[1] 9",
        "FLAGS (\\Seen [Label] My]Flag NonJunk)",
        "INTERNALDATE \"1-Jan-2020 00:00:00 +0000\" RFC822.SIZE 99999999999",
        "ENVELOPE (NIL \"caf\u{e9} \\\" (\" ((NIL NIL \"a\" \"b\")) NIL NIL NIL NIL NIL NIL \"<x@y>\")",
        "BODYSTRUCTURE ((\"text\" \"plain\" (\"charset\" \"x\") NIL NIL \"7bit\" 1 1)(\"text\" \"html\" NIL) \"mixed\")",
        "BODY[HEADER.FIELDS (SUBJECT \"TO\")]<0> \"x\"",
        "MODSEQ 12",
        "XAOL.SPAM.REASON 0 XAOL-PAREN-LIST (A B (C D))",
    ] {
        let found = fetched(&format!("* 7 FETCH ({items} UID 42)"));
        assert_eq!(found.uid, Some(42), "{items}");
        let found = fetched(&format!("* 7 FETCH (UID 42 {items} FLAGS (\\Flagged))"));
        assert!(found.flags.is_some_and(|flags| flags.flagged), "{items}");
    }
    assert_eq!(fetched("* 1 FETCH (RFC822.SIZE 99999999999 UID 1)").size, Some(99_999_999_999));
    assert_eq!(fetched("* 1 FETCH (UID 5 FLAGS () MODSEQ (12)").modseq, Some(12));
    assert_eq!(fetched("* 1 FETCH (FLAGS (a [b] c]))").flags.unwrap().keywords, ["[b]", "a", "c]"]);
}

#[test]
fn a_body_is_its_literal_its_quoted_text_or_nothing() {
    let literals = &mut [Bytes::from_static(b"From: a\r\n\r\nb)")];
    let Response::Fetch(fetched) = read(b"* 1 FETCH (BODY[] {13}\r\n UID 3)\r\n", literals) else { panic!() };
    assert_eq!((fetched.uid, fetched.body), (Some(3), Some(Body::Bytes(Bytes::from_static(b"From: a\r\n\r\nb)")))));
    assert_eq!(self::fetched("* 1 FETCH (BODY[] NIL)").body, Some(Body::Nil));
    assert_eq!(self::fetched("* 1 FETCH (BODY[] \"\")").body, Some(Body::Bytes(Bytes::new())));
}

use super::super::fetch::Body;

#[test]
fn folders_are_listed_in_every_spelling() {
    let name = |line: &str| match one(line) {
        Response::List(listed) => (listed.name, listed.separator),
        other => panic!("{line}: {other:?}"),
    };
    assert_eq!(name("* LIST (\\HasNoChildren) \"/\" \"Deleted Items\""), ("Deleted Items".into(), Some('/')));
    assert_eq!(name("* LIST () \"/\" Deleted Items"), ("Deleted Items".into(), Some('/')));
    assert_eq!(name("* LIST () NIL INBOX"), ("INBOX".into(), None));
    assert_eq!(name("* LIST () \"\" \"Folder2\""), ("Folder2".into(), None));
    assert_eq!(name("* LIST () \"\\\\\" \"a\\\\b\""), ("a\\b".into(), Some('\\')));
    assert_eq!(name("* XLIST (\\Inbox) \"/\" \"Inbox\""), ("Inbox".into(), Some('/')));
    assert_eq!(name("* LIST () \"/\" \"foo\" (CHILDINFO (\"SUBSCRIBED\"))").0, "foo");
    assert_eq!(name("* LIST () \"/\" foo (\"CHILDINFO\" (\"SUBSCRIBED\"))").0, "foo");
    assert_eq!(name("* LIST (\\Sent) \"/\" [Gmail]/Sent").0, "[Gmail]/Sent");
}

#[test]
fn the_counts_of_a_folder_may_be_partial() {
    let line = "* STATUS \"INBOX\" (MESSAGES 3 UIDNEXT 9 MAILBOXID (F1) SIZE 999999999999 HIGHESTMODSEQ 77)";
    let counts = Counts { messages: Some(3), uidnext: Some(9), uidvalidity: None, highestmodseq: Some(77) };
    assert_eq!(one(line), Response::Counts("INBOX".into(), counts));
    assert_eq!(one("* STATUS \"INBOX\" ()"), Response::Counts("INBOX".into(), Counts::default()));
    assert_eq!(
        one("* STATUS My Box (MESSAGES 3 UIDNEXT 9 HIGHESTMODSEQ 77)"),
        Response::Counts("My Box".into(), counts)
    );
}

#[test]
fn searches_are_sets() {
    let set = |line: &str| match one(line) {
        Response::Search(command, set) => (command, uids(&set)),
        other => panic!("{line}: {other:?}"),
    };
    assert_eq!(set("* SEARCH"), (None, vec![]));
    assert_eq!(set("* SEARCH 2 84 3 (MODSEQ 917162500)"), (None, vec![2, 3, 84]));
    assert_eq!(set("* ESEARCH (TAG \"k12\") UID ALL 2,10:12 COUNT 4"), (Some(12), vec![2, 10, 11, 12]));
    assert_eq!(set("* ESEARCH (TAG \"k12\") UID COUNT 0 MODSEQ 3"), (Some(12), vec![]));
    assert_eq!(set("* ESEARCH"), (None, vec![]));
}

#[test]
fn conditions_carry_their_codes() {
    let status = |line: &str| match one(line) {
        Response::Status(status) | Response::Tagged(_, status) => status,
        other => panic!("{line}: {other:?}"),
    };
    assert_eq!(status("k1 OK").text, "");
    assert_eq!(status("* OK [UIDVALIDITY 3857529045] UIDs valid").code, Some(Code::UidValidity(3_857_529_045)));
    assert_eq!(status("* OK [HIGHESTMODSEQ 715194045007]").code, Some(Code::HighestModseq(715_194_045_007)));
    assert_eq!(status("* OK [NOMODSEQ] Sorry").code, Some(Code::NoModseq));
    assert!(status("k9 NO [AUTHENTICATIONFAILED] Wrong.").named("AUTHENTICATIONFAILED"));
    assert_eq!(status("* OK [PERMANENTFLAGS (\\Seen [x] \\*)] Limited").text, "Limited");
    assert_eq!(status("* OK IMAP ready. [TQBX]").text, "IMAP ready. [TQBX]");
    assert_eq!(status("k2 OK [APPENDUID 38505 3955:3957] done").new_id(), Some((38505, RemoteId::Uid(3955))));
    assert_eq!(status("* OK [COPYUID 1436832101 1:7 8:14] Moved").new_id(), Some((1_436_832_101, RemoteId::Uid(8))));
    assert_eq!(status("k1 OK [READ-WRITE").text, "[READ-WRITE");
}

#[test]
fn the_rest_of_the_protocol_is_read() {
    assert_eq!(
        one("* NAMESPACE ((\"INBOX.\" \".\")) NIL ((\"#shared.\" \".\" \"X\" (\"y\"))(\"shared.\" \".\"))"),
        Response::Namespace([vec!["INBOX.".into()], vec![], vec!["#shared.".into(), "shared.".into()]])
    );
    let uids = uid_set(b"41,43:116,118");
    assert_eq!(one("* VANISHED (EARLIER) 41,43:116,118"), Response::Vanished { earlier: true, uids });
    assert_eq!(one("* VANISHED 4294967295"), Response::Vanished { earlier: false, uids: uid_set(b"4294967295") });
    assert_eq!(one("* 23 EXISTS"), Response::Exists(23));
    assert_eq!(one("* 3 EXPUNGE"), Response::Expunge(3));
    assert_eq!(one("* ENABLED QRESYNC Condstore"), Response::Enabled(vec!["QRESYNC".into(), "CONDSTORE".into()]));
    assert_eq!(one("+ idling"), Response::Continue(b"idling".to_vec()));
    assert_eq!(one("+"), Response::Continue(vec![]));
    for nonsense in ["", "*", "* ", "k", "k1", "k1 ", "[COPYUID 55 31 6]", "* 99999999999 EXISTS", "\0\u{1}", "* 5 FOO"]
    {
        assert_eq!(one(nonsense), Response::Other, "{nonsense:?}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_fail(text: Vec<u8>, line in "[*k+][ 0-9A-Z(){}\"\\[\\]~\r\n]{0,80}") {
        read(&text, &mut [Bytes::from_static(b"x")]);
        read(line.as_bytes(), &mut [Bytes::from_static(b"x")]);
        let starts: [&[u8]; 4] = [b"* 1 FETCH (", b"* LIST (", b"* ESEARCH ", b"* STATUS "];
        for start in starts {
            read(&[start, &text].concat(), &mut []);
        }
    }
}
