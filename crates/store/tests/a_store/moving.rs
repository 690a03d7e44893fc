//! A move shows at once; what the server does with it comes after.

use crate::{
    desk::{ANNA, ARCHIVE, Desk, INBOX, INFO, NOW, ORGANISATION, mail_in},
    message::{move_to, set_flags},
};
use mail::{FolderKey, MessageKey, RemoteId, RemoteSet};
use store::{
    StoreError,
    edit::{self, Action, Edit},
    message::Filter,
    place,
    receive::Item,
};

on_both! {
    what_is_moved_shows_in_its_new_folder_at_once(desk) {
        let key = moved(&desk).await;
        assert_eq!(waiting(&desk).await.len(), 1);
        assert_shown(&desk, key, ARCHIVE).await;
        let refused = waiting(&desk).await.remove(0);
        settle(&desk, move |tx| Box::pin(async move {
            edit::done(tx, ORGANISATION, &[refused.id]).await?;
            place::stays(tx, ORGANISATION, at(&refused)).await
        })).await;
        assert_shown(&desk, key, INBOX).await;
    }

    what_is_asked_of_a_moved_message_is_done_where_it_then_lies(desk) {
        let key = moved(&desk).await;
        set_flags(&desk, key, Some(true), None).await.unwrap();
        move_to(&desk, key, INBOX).await.unwrap();
        let first = waiting(&desk).await.remove(0);
        settle(&desk, move |tx| Box::pin(async move {
            assert!(place::moved(tx, ORGANISATION, at(&first), (ARCHIVE, 1, &RemoteId::Uid(7))).await?);
            edit::done(tx, ORGANISATION, &[first.id]).await
        })).await;
        let left = waiting(&desk).await;
        assert!(left.iter().all(|edit| (edit.folder, edit.remote) == (ARCHIVE, 7)), "{left:?}");
        assert_eq!(left[1].action, Action::Move { to: INBOX });
        assert_shown(&desk, key, INBOX).await;
        assert!(desk.get(ANNA, key).await.unwrap().seen);
    }

    a_move_without_a_new_number_is_met_at_the_next_pull_and_never_seen_gone(desk) {
        let key = moved(&desk).await;
        let edit = waiting(&desk).await.remove(0);
        settle(&desk, move |tx| Box::pin(async move { edit::hold(tx, ORGANISATION, edit.id, NOW).await })).await;
        assert_eq!(waiting(&desk).await, []);
        set_flags(&desk, key, Some(true), Some(true)).await.unwrap();
        assert_eq!(waiting(&desk).await, [], "it is done there when there is known");
        desk.receive(INFO, vec![Item::Gone(INBOX, RemoteSet::from_iter([1]))]).await;
        assert_shown(&desk, key, ARCHIVE).await;
        assert_eq!(desk.receive(INFO, vec![arrives(7)]).await, [], "no new mail");
        assert_shown(&desk, key, ARCHIVE).await;
        let left = waiting(&desk).await;
        assert_eq!(left.iter().map(|edit| (edit.folder, edit.remote)).collect::<Vec<_>>(), [(ARCHIVE, 7)]);
        let stored = desk.get(ANNA, key).await.unwrap();
        assert!(stored.seen && stored.flagged, "what was done meanwhile stays");
        assert_eq!(desk.count("SELECT unread FROM folders WHERE id = 22").await, 0);
    }

    what_another_program_took_on_before_we_met_it_is_let_go(desk) {
        let key = moved(&desk).await;
        let edit = waiting(&desk).await.remove(0);
        settle(&desk, move |tx| Box::pin(async move { edit::hold(tx, ORGANISATION, edit.id, NOW).await })).await;
        desk.receive(INFO, vec![Item::Gone(INBOX, RemoteSet::from_iter([1]))]).await;
        conclude(&desk, NOW - 1).await;
        assert_shown(&desk, key, ARCHIVE).await;
        conclude(&desk, NOW).await;
        assert!(desk.get(ANNA, key).await.unwrap().gone_at.is_some());
        assert_eq!(desk.count("SELECT messages FROM folders WHERE id = 22").await, 0);
        assert_eq!(desk.count("SELECT COUNT(*) FROM edits").await, 0);
    }
}

async fn moved(desk: &Desk) -> MessageKey {
    let key = desk.mail(INBOX, 1, "Offerte", "Hallo").await;
    move_to(desk, key, ARCHIVE).await.unwrap();
    key
}

/// The same bytes in the archive.
fn arrives(uid: u32) -> Item {
    let Item::Message(mut incoming) = mail_in(INBOX, 1, "Offerte", "Hallo") else { panic!("a message") };
    incoming.folder = ARCHIVE;
    incoming.remote = RemoteId::Uid(uid);
    Item::Message(incoming)
}

async fn waiting(desk: &Desk) -> Vec<Edit> {
    desk.write(move |tx| Box::pin(async move { edit::due(tx, ORGANISATION, INFO, NOW, 50).await })).await.unwrap()
}

fn at(edit: &Edit) -> (FolderKey, i64, i64) {
    (edit.folder, edit.generation, edit.remote)
}

async fn settle(desk: &Desk, work: impl for<'a> FnOnce(&'a mut store::Tx) -> store::Work<'a, ()> + Send + 'static) {
    desk.write(work).await.unwrap();
}

async fn conclude(desk: &Desk, then: i64) {
    let work = store::unit(move |tx| {
        Box::pin(async move { place::conclude(tx, ORGANISATION, INFO, &[INBOX, ARCHIVE], then, NOW).await })
    });
    let concluded: Result<(), StoreError> = desk.write(work).await;
    concluded.unwrap();
}

/// It shows in this folder and in no other, and the counts agree.
async fn assert_shown(desk: &Desk, key: MessageKey, folder: FolderKey) {
    let stored = desk.get(ANNA, key).await.unwrap();
    assert_eq!((stored.folder, stored.gone_at), (Some(folder), None));
    for one in [INBOX, ARCHIVE] {
        let listed = desk.list(ANNA, Filter { folder: Some(one), ..Filter::default() }).await;
        assert_eq!(listed, if one == folder { vec![key] } else { Vec::new() });
    }
    let sql = "SELECT messages FROM folders WHERE id = 21";
    assert_eq!(desk.count(sql).await, i64::from(folder == INBOX));
    let sql = "SELECT messages FROM folders WHERE id = 22";
    assert_eq!(desk.count(sql).await, i64::from(folder == ARCHIVE));
}
