//! Servers that lie, stall and break.

use super::kept::{Kept, source, source_at};
use connect::{ConnectError, Encryption, Source, error::Cause};
use testkit::{ModelPop3, Script, ScriptedServer};

const READY: &str = "+OK ready\r\n";

/// A server without capabilities that lets everybody in and then says this to each command.
fn says(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> ScriptedServer {
    let script = Script::new().send(READY).rest(move |line| match line.split(' ').next().unwrap_or_default() {
        "CAPA" => b"-ERR unknown\r\n".to_vec(),
        "USER" | "PASS" | "QUIT" => b"+OK\r\n".to_vec(),
        _ => answer(line),
    });
    ScriptedServer::start(script)
}

#[tokio::test]
async fn a_server_without_lasting_names_is_refused_in_its_own_words() {
    let model = ModelPop3::start();
    model.state().without_names = true;
    let error = source(model.port).folders().await.unwrap_err();
    assert_eq!(error.cause(), Some(Cause::NoUniqueIds));
    assert!(error.to_string().contains("what is UIDL?"), "{error}");
    assert_eq!(model.state().heard("RETR"), 0);
}

#[tokio::test]
async fn names_that_several_messages_have_are_told_apart_by_their_heads() {
    let model = ModelPop3::start();
    for number in 0..3 {
        model.add("same", format!("Message-ID: <{number}@shop>\r\n\r\nbody {number}\r\n").as_bytes());
    }
    model.add("own", b"Message-ID: <own@shop>\r\n\r\nx\r\n");
    let (mut kept, mut source) = (Kept::default(), source(model.port));
    kept.pull(&mut source).await.unwrap();
    assert_eq!(kept.letters.len(), 4);
    // The first goes and a new one comes: only that one is fetched.
    model.state().letters.remove(0);
    model.add("same", b"Message-ID: <new@shop>\r\n\r\nnew\r\n");
    kept.pull(&mut source).await.unwrap();
    assert_eq!(kept.letters.len(), 5);
    assert_eq!(model.state().heard("RETR"), 5);
}

#[tokio::test]
async fn a_message_above_the_limit_is_not_asked_for() {
    let model = ModelPop3::start();
    model.add("large", &[b"Subject: x\r\n\r\n".to_vec(), vec![b'x'; 5000], b"\r\n".to_vec()].concat());
    model.add("small", b"Subject: x\r\n\r\nx\r\n");
    let (mut kept, mut source) = (Kept::default(), source_at(model.port, Encryption::None, 1000, None));
    kept.pull(&mut source).await.unwrap();
    assert_eq!(kept.came, ["small"]);
    assert_eq!(kept.unreadable, [("large".to_owned(), "too_large")]);
    assert_eq!(model.state().heard("RETR"), 1);
}

#[tokio::test]
async fn a_message_larger_than_its_server_says_is_cut_off_and_the_others_come() {
    let model = ModelPop3::start();
    for name in ["a", "b", "c", "d"] {
        model.add(name, format!("Subject: {name}\r\n\r\nx\r\n").as_bytes());
    }
    model.state().letters[1].claims = Some(7);
    model.state().endless = Some("b".into());
    model.state().letters[2].claims = Some(999_999);
    let (mut kept, mut source) = (Kept::default(), source_at(model.port, Encryption::None, 1 << 20, None));
    kept.pull(&mut source).await.unwrap();
    assert_eq!(kept.came, ["d", "c", "a"]);
    assert_eq!(kept.unreadable, [("b".to_owned(), "too_large")]);
}

#[tokio::test]
async fn a_connection_that_breaks_in_a_message_keeps_no_half_of_it() {
    let model = ModelPop3::start();
    for name in ["a", "b", "c"] {
        model.add(name, format!("Subject: {name}\r\n\r\n{}\r\n", "x".repeat(500)).as_bytes());
    }
    model.state().cut_at = Some(2);
    let (mut kept, mut source) = (Kept::default(), source(model.port));
    let error = kept.pull(&mut source).await.unwrap_err();
    assert_eq!(error.cause(), Some(Cause::Dropped), "{error}");
    assert_eq!(kept.came, ["c"]);
    kept.pull(&mut source).await.unwrap();
    assert_eq!(kept.came, ["c", "b", "a"]);
}

#[tokio::test]
async fn a_line_without_end_ends_the_connection() {
    let server = ScriptedServer::start(Script::new().flood("x", u64::MAX));
    let error = source(server.port).folders().await.unwrap_err();
    assert_eq!(error.cause(), Some(Cause::Protocol), "{error}");
    let server = says(|line| match line {
        "UIDL" => [b"+OK\r\n1 ".to_vec(), vec![b'y'; 100_000]].concat(),
        _ => b"+OK\r\n.\r\n".to_vec(),
    });
    let error = source(server.port).folders().await.unwrap_err();
    assert_eq!(error.cause(), Some(Cause::Protocol), "{error}");
}

#[tokio::test]
async fn nonsense_in_the_lists_is_left_out() {
    let server = says(|line| match line {
        "UIDL" => b"+OK\r\nnonsense\r\n99999999999999 x\r\n1 good\r\n2\r\n\r\n3 ok extra words\r\n.\r\n".to_vec(),
        "LIST" => b"+OK\r\n1 many\r\n3 18446744073709551616\r\n.\r\n".to_vec(),
        "TOP 2 0" => b"+OK\r\nSubject: nameless\r\n\r\n.\r\n".to_vec(),
        line if line.starts_with("RETR") => b"+OK\r\nSubject: x\r\n\r\nx\r\n.\r\n".to_vec(),
        _ => b"-ERR\r\n".to_vec(),
    });
    let (mut kept, mut source) = (Kept::default(), source(server.port));
    kept.pull(&mut source).await.unwrap();
    assert_eq!(kept.letters.len(), 3);
    assert!(kept.letters.contains_key("good") && kept.letters.contains_key("ok"), "{:?}", kept.came);
}

#[tokio::test]
async fn a_server_that_ends_its_lines_with_lf_alone_is_read_and_others_are_not_fooled() {
    let lists = |line: &str| match line {
        "UIDL" => Some(b"+OK\n1 a\n.\n".to_vec()),
        "LIST" => Some(b"+OK\n1 20\n.\n".to_vec()),
        _ => None,
    };
    let bare = says(move |line| lists(line).unwrap_or_else(|| b"+OK\nSubject: x\n\n..dot\n.\n".to_vec()));
    let mut kept = Kept::default();
    kept.pull(&mut source(bare.port)).await.unwrap();
    assert_eq!(&kept.letters["a"][..], b"Subject: x\n\n.dot\n");
    let mixed = says(move |line| lists(line).unwrap_or_else(|| b"+OK\r\nA: b\n.\nmore\r\n.\r\n".to_vec()));
    let mut kept = Kept::default();
    kept.pull(&mut source(mixed.port)).await.unwrap();
    assert_eq!(&kept.letters["a"][..], b"A: b\n\nmore\r\n", "a lone LF ends no message here");
}

#[tokio::test]
async fn an_empty_message_that_has_a_size_is_told() {
    let server = says(|line| match line {
        "UIDL" => b"+OK\r\n1 a\r\n2 b\r\n3 c\r\n.\r\n".to_vec(),
        "LIST" => b"+OK\r\n1 100\r\n2 0\r\n3 10\r\n.\r\n".to_vec(),
        "RETR 3" => b"-ERR it is damaged\r\n".to_vec(),
        _ => b"+OK\r\n.\r\n".to_vec(),
    });
    let (mut kept, mut source) = (Kept::default(), source(server.port));
    kept.pull(&mut source).await.unwrap();
    assert_eq!(kept.unreadable, [("c".to_owned(), "refused"), ("a".to_owned(), "empty")]);
    assert_eq!(kept.came, ["b"]);
}

#[tokio::test]
async fn somebody_else_in_the_mailbox_is_no_wrong_password() {
    let model = ModelPop3::start();
    model.state().in_use = true;
    let error = source(model.port).folders().await.unwrap_err();
    assert!(matches!(&error, ConnectError::Later { cause: Cause::InUse, wait: Some(_), .. }), "{error:?}");
    assert!(error.to_string().contains("somebody else"), "{error}");
}
