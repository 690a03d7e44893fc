//! What leaves the server leaves it with the end of a session, and only the server's word counts.

use super::kept::source;
use connect::{ConnectError, Edit, EditDone, Source};
use mail::RemoteId;
use testkit::{ModelPop3, Quit};

fn delete(name: &str) -> Edit {
    Edit::Delete { folder: "INBOX".into(), epoch: 1, remote: RemoteId::Name(name.into()) }
}

fn model() -> ModelPop3 {
    let model = ModelPop3::start();
    ["a", "b", "c"].into_iter().for_each(|name| model.add(name, format!("Subject: {name}\r\n\r\nx\r\n").as_bytes()));
    model
}

#[tokio::test]
async fn what_the_server_confirms_is_done() {
    let model = model();
    let mut source = source(model.port);
    let done = source.edit(vec![delete("a"), delete("long gone"), delete("c")]).await.unwrap();
    assert_eq!(model.names(), ["b"]);
    assert!(matches!(&done[0], Ok(EditDone { missing: false, .. })), "{done:?}");
    assert!(matches!(&done[1], Ok(EditDone { missing: true, .. })), "{done:?}");
    let last = model.state().heard.last().cloned();
    assert_eq!(last.as_deref(), Some("QUIT"));
    let order: Vec<String> = model.state().heard.iter().filter(|line| line.starts_with("DELE")).cloned().collect();
    assert_eq!(order, ["DELE 1", "DELE 3"], "in the session that the list came from");
}

#[tokio::test]
async fn an_end_without_a_word_is_uncertain_whatever_the_server_did() {
    for (quit, left) in [(Quit::LostAfter, 2), (Quit::LostBefore, 3), (Quit::Refused, 3)] {
        let model = model();
        model.state().quit = quit;
        let done = source(model.port).edit(vec![delete("b")]).await.unwrap();
        assert!(matches!(&done[0], Err(ConnectError::Uncertain(_))), "{quit:?}: {done:?}");
        assert_eq!(model.names().len(), left);
    }
}

#[tokio::test]
async fn a_session_that_is_dropped_before_its_end_deletes_nothing() {
    let model = model();
    model.state().quit = Quit::Silent;
    let mut source = source(model.port);
    {
        let mut edit = std::pin::pin!(source.edit(vec![delete("a")]));
        while model.state().heard("QUIT") == 0 {
            tokio::select! {
                done = &mut edit => panic!("{done:?}"),
                () = tokio::task::yield_now() => {}
            }
        }
    }
    model.state().quit = Quit::Well;
    source.folders().await.unwrap();
    assert_eq!(model.names(), ["a", "b", "c"]);
}

#[tokio::test]
async fn a_name_that_two_messages_have_deletes_none_of_them() {
    let model = ModelPop3::start();
    model.add("same", b"Subject: one\r\n\r\n1\r\n");
    model.add("same", b"Subject: two\r\n\r\n2\r\n");
    let mut source = source(model.port);
    let names: Vec<String> = source.inventory("INBOX").await.unwrap().1.names().map(str::to_owned).collect();
    assert_eq!(names.len(), 2);
    let done = source.edit(vec![delete("same"), delete(&names[0])]).await.unwrap();
    assert!(matches!(&done[0], Ok(EditDone { missing: true, .. })), "{done:?}");
    assert!(matches!(&done[1], Err(ConnectError::Refused { .. })), "{done:?}");
    source.close().await;
    assert_eq!((model.names().len(), model.state().heard("DELE")), (2, 0));
}

#[tokio::test]
async fn marks_and_folders_are_refused_in_plain_words() {
    let model = model();
    let done = source(model.port).edit(vec![Edit::CreateFolder { folder: "x".into() }]).await.unwrap();
    assert!(matches!(&done[0], Err(ConnectError::Refused { words, .. }) if words.0.contains("no folders")), "{done:?}");
}
