//! Conversations: seen by whoever sees one of their messages, and no more of them than that.

use crate::house::{ACCOUNT, NOW, OWNER, STRANGER, conversation as key, make_account};
use mail::{AccountKey, MessageKey, NoteKey};
use store::{
    StoreError,
    conversation::{self, Filter, Patch, State},
    note,
};

on_both! {
    a_conversation_shows_only_the_messages_that_the_viewer_sees(house) {
        let other = AccountKey(12);
        unit!(house, tx => make_account(tx, other, "ander@voorbeeld.nl").await).unwrap();
        house.run("UPDATE owners SET person = 32 WHERE account = 12").await;
        house.message(1, ACCOUNT, 5, &[]).await;
        house.message(2, other, 5, &[]).await;
        house.message(3, ACCOUNT, 6, &[]).await;
        let (owner, stranger, administrator) = (house.owner, house.stranger, house.administrator);
        let seen = unit!(house, tx => conversation::get(tx, &owner, key(5)).await).unwrap();
        assert_eq!(seen.messages, [MessageKey(1)]);
        assert!(matches!(unit!(house, tx => conversation::get(tx, &stranger, key(6)).await), Err(StoreError::NotFound)));
        assert!(matches!(unit!(house, tx => conversation::get(tx, &administrator, key(5)).await), Err(StoreError::NotFound)));
        let (page, next) = unit!(house, tx => conversation::list(tx, &owner, &Filter::default(), None, 1).await).unwrap();
        assert_eq!((page[0].id, next), (key(6), Some(MessageKey(3))));
        let (page, next) = unit!(house, tx => conversation::list(tx, &owner, &Filter::default(), next, 1).await).unwrap();
        assert_eq!((page[0].id, &page[0].messages[..], next), (key(5), &[MessageKey(1)][..], None));
    }

    a_private_message_of_a_conversation_stays_private(house) {
        house.message(1, ACCOUNT, 5, &[]).await;
        house.run("UPDATE owners SET can_manage = FALSE; UPDATE messages SET private = TRUE").await;
        let owner = house.owner;
        assert!(matches!(unit!(house, tx => conversation::get(tx, &owner, key(5)).await), Err(StoreError::NotFound)));
        assert!(unit!(house, tx => conversation::list(tx, &owner, &Filter::default(), None, 9).await).unwrap().0.is_empty());
        let refused = unit!(house, tx => note::add(tx, &owner, key(5), NoteKey(1), "hoi", NOW).await);
        assert!(matches!(refused, Err(StoreError::NotFound)));
    }

    assigning_closing_and_snoozing_filter_the_list(house) {
        house.message(1, ACCOUNT, 5, &[]).await;
        house.message(2, ACCOUNT, 6, &[]).await;
        let owner = house.owner;
        let patch = Patch { assignee: Some(Some(STRANGER)), state: Some(State::Closed), snoozed_until_at: Some(Some(NOW + 9)) };
        let patched = unit!(house, tx => conversation::patch(tx, &owner, key(5), &patch, NOW).await).unwrap();
        assert_eq!((patched.assignee, patched.state, patched.snoozed_until_at), (Some(STRANGER), State::Closed, Some(NOW + 9)));
        let filters = [
            (Filter { state: Some(State::Closed), ..Filter::default() }, vec![key(5)]),
            (Filter { assignee: Some(Some(STRANGER)), ..Filter::default() }, vec![key(5)]),
            (Filter { assignee: Some(None), ..Filter::default() }, vec![key(6)]),
            (Filter { assignee: Some(Some(OWNER)), ..Filter::default() }, vec![]),
            (Filter { awake_at: Some(NOW), ..Filter::default() }, vec![key(6)]),
            (Filter { awake_at: Some(NOW + 9), ..Filter::default() }, vec![key(6), key(5)]),
            (Filter { account: Some(AccountKey(12)), ..Filter::default() }, vec![]),
        ];
        for (filter, wanted) in filters {
            let found = unit!(house, tx => conversation::list(tx, &owner, &filter, None, 9).await).unwrap().0;
            assert_eq!(found.iter().map(|one| one.id).collect::<Vec<_>>(), wanted, "{filter:?}");
        }
        let freed = Patch { assignee: Some(None), ..Patch::default() };
        assert_eq!(unit!(house, tx => conversation::patch(tx, &owner, key(5), &freed, NOW).await).unwrap().assignee, None);
    }

    a_merged_conversation_is_found_by_both_names_and_can_be_split_again(house) {
        house.message(1, ACCOUNT, 5, &[]).await;
        house.message(2, ACCOUNT, 6, &[]).await;
        let owner = house.owner;
        unit!(house, tx => note::add(tx, &owner, key(6), NoteKey(1), "Eerst bellen", NOW).await).unwrap();
        unit!(house, tx => conversation::merge(tx, &owner, key(6), key(5), NOW).await).unwrap();
        let merged = unit!(house, tx => conversation::get(tx, &owner, key(6)).await).unwrap();
        assert_eq!((merged.id, merged.messages.len(), merged.notes.len(), merged.last_at), (key(5), 2, 1, 2));
        let split = unit!(house, tx => conversation::split(tx, &owner, &[MessageKey(2)], key(7), NOW).await).unwrap();
        assert_eq!((split.id, &split.messages[..]), (key(7), &[MessageKey(2)][..]));
        assert_eq!(house.count("SELECT conversation FROM thread_ids").await, 7, "answers to it join it there");
        unit!(house, tx => conversation::move_message(tx, &owner, MessageKey(2), key(5), NOW).await).unwrap();
        assert_eq!(house.count("SELECT COUNT(*) FROM messages WHERE conversation = 5").await, 2);
    }
}
