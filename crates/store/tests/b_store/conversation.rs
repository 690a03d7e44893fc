//! Conversations: seen by whoever sees one of their messages, and no more of them than that.

use crate::house::{ACCOUNT, NOW, OWNER, STRANGER, conversation as key, make_account};
use mail::{AccountKey, DossierKey, MessageKey, NoteKey, UserKey};
use store::{
    StoreError,
    activity::Activity,
    conversation::{self, Patch, Standing, State},
    link::{self, Reason, Target},
    mention,
    message::Filter,
    note::{self, NewNote},
    presence::{self, Doing, LIFE},
};

fn note_of(id: i64, text: &str, mentions: &[UserKey]) -> NewNote {
    NewNote { id: NoteKey(id), text: text.to_owned(), mentions: mentions.to_vec() }
}

/// Lets the stranger read the account.
const LET_IN: &str = "INSERT INTO owners (organisation, account, person, is_group, can_read, can_send, can_manage)
    VALUES (1, 11, 32, FALSE, TRUE, FALSE, FALSE)";

/// So many that are assigned and out of sight that they are not looked up one by one; nobody sees a message of theirs.
const MANY_OTHERS: &str = "INSERT INTO conversations
        (organisation, id, subject, base_subject, state, assignee, snoozed_until_at, last_at)
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1200)
    SELECT 1, 1000 + n, '', '', CASE WHEN n % 2 = 0 THEN 'open' ELSE 'closed' END, 32, 9999999999999, 1 FROM numbers";

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
        assert_eq!((page[0].head.id, next), (key(6), Some(MessageKey(3))));
        let (page, next) = unit!(house, tx => conversation::list(tx, &owner, &Filter::default(), next, 1).await).unwrap();
        assert_eq!((page[0].head.id, page[0].newest.id, next), (key(5), MessageKey(1), None));
    }

    a_private_message_of_a_conversation_stays_private(house) {
        house.message(1, ACCOUNT, 5, &[]).await;
        house.run("UPDATE owners SET can_manage = FALSE; UPDATE messages SET private = TRUE").await;
        let owner = house.owner;
        assert!(matches!(unit!(house, tx => conversation::get(tx, &owner, key(5)).await), Err(StoreError::NotFound)));
        assert!(unit!(house, tx => conversation::list(tx, &owner, &Filter::default(), None, 9).await).unwrap().0.is_empty());
        let refused = unit!(house, tx => note::add(tx, &owner, key(5), note_of(1, "hoi", &[]), NOW).await);
        assert!(matches!(refused, Err(StoreError::NotFound)));
    }

    a_conversation_is_not_called_what_a_message_is_that_the_viewer_does_not_see(house) {
        house.message(1, ACCOUNT, 5, &[]).await;
        house.message(2, ACCOUNT, 5, &[]).await;
        house.run("UPDATE conversations SET subject = 'Ontslag'; UPDATE message_texts SET subject = 'Ontslag' WHERE id = 1;
            UPDATE messages SET private = TRUE WHERE id = 1").await;
        let owner = house.owner;
        for (manages, called) in [("TRUE", "Ontslag"), ("FALSE", "Dakgoot")] {
            house.run(format!("UPDATE owners SET can_manage = {manages}")).await;
            let one = unit!(house, tx => conversation::get(tx, &owner, key(5)).await).unwrap();
            let (page, _) = unit!(house, tx => conversation::list(tx, &owner, &Filter::default(), None, 9).await).unwrap();
            assert_eq!([&one.head.subject, &page[0].head.subject], [called, called]);
        }
    }

    assigning_closing_and_snoozing_filter_the_list(house) {
        house.message(1, ACCOUNT, 5, &[]).await;
        house.message(2, ACCOUNT, 6, &[]).await;
        let owner = house.owner;
        let patch = Patch { assignee: Some(Some(STRANGER)), state: Some(State::Closed), snoozed_until_at: Some(Some(NOW + 9)) };
        let refused = unit!(house, tx => conversation::patch(tx, &owner, key(5), &patch, NOW).await);
        assert!(matches!(refused, Err(StoreError::Conflict { code: "may_not_see", .. })), "{refused:?}");
        house.run(LET_IN).await;
        let patched = unit!(house, tx => conversation::patch(tx, &owner, key(5), &patch, NOW).await).unwrap().head;
        assert_eq!((patched.assignee, patched.state, patched.snoozed_until_at), (Some(STRANGER), State::Closed, Some(NOW + 9)));
        let standing = Standing { state: None, assignee: None, snoozed: None, now: NOW };
        let stands = |standing| Filter { standing: Some(standing), ..Filter::default() };
        let filters = [
            (stands(standing), vec![key(6), key(5)]),
            (stands(Standing { state: Some(State::Closed), ..standing }), vec![key(5)]),
            (stands(Standing { assignee: Some(Some(STRANGER)), ..standing }), vec![key(5)]),
            (stands(Standing { assignee: Some(Some(STRANGER)), state: Some(State::Open), ..standing }), vec![]),
            (stands(Standing { assignee: Some(None), ..standing }), vec![key(6)]),
            (stands(Standing { assignee: Some(Some(OWNER)), ..standing }), vec![]),
            (stands(Standing { snoozed: Some(false), ..standing }), vec![key(6)]),
            (stands(Standing { snoozed: Some(true), ..standing }), vec![key(5)]),
            (stands(Standing { snoozed: Some(false), now: NOW + 9, ..standing }), vec![key(6), key(5)]),
            (Filter { account: Some(AccountKey(12)), ..Filter::default() }, vec![]),
        ];
        for others in ["none", "many"] {
            if others == "many" {
                house.run(MANY_OTHERS).await;
            }
            for (filter, wanted) in filters.clone() {
                let asked = format!("{filter:?} beside {others}");
                let found = unit!(house, tx => conversation::list(tx, &owner, &filter, None, 9).await).unwrap().0;
                assert_eq!(found.iter().map(|one| one.head.id).collect::<Vec<_>>(), wanted, "{asked}");
            }
        }
        let counted = unit!(house, tx => conversation::counts(tx, &owner, None, NOW).await).unwrap();
        assert_eq!((counted.open, counted.mine, counted.unassigned, counted.snoozed), (1, 0, 1, 1));
        let elsewhere = unit!(house, tx => conversation::counts(tx, &owner, Some(AccountKey(12)), NOW).await).unwrap();
        assert_eq!(elsewhere, conversation::Counts::default());
        let freed = Patch { assignee: Some(None), ..Patch::default() };
        assert_eq!(unit!(house, tx => conversation::patch(tx, &owner, key(5), &freed, NOW).await).unwrap().head.assignee, None);
    }

    a_merged_conversation_is_found_by_both_names_and_can_be_split_again(house) {
        house.message(1, ACCOUNT, 5, &[]).await;
        house.message(2, ACCOUNT, 6, &[]).await;
        let owner = house.owner;
        unit!(house, tx => note::add(tx, &owner, key(6), note_of(1, "Eerst bellen", &[OWNER]), NOW).await).unwrap();
        unit!(house, tx => conversation::merge(tx, &owner, key(6), key(5), NOW).await).unwrap();
        let merged = unit!(house, tx => conversation::get(tx, &owner, key(6)).await).unwrap();
        assert_eq!((merged.head.id, merged.messages.len(), merged.notes.len(), merged.head.last_at), (key(5), 2, 1, 2));
        assert_eq!(merged.notes[0].mentions, [OWNER]);
        let split = unit!(house, tx => conversation::split(tx, &owner, key(6), &[MessageKey(2)], key(7), NOW).await).unwrap();
        assert_eq!((split.head.id, &split.messages[..]), (key(7), &[MessageKey(2)][..]));
        assert_eq!(house.count("SELECT conversation FROM thread_ids").await, 7, "answers to it join it there");
        unit!(house, tx => conversation::move_message(tx, &owner, MessageKey(2), key(5), NOW).await).unwrap();
        assert_eq!(house.count("SELECT COUNT(*) FROM messages WHERE conversation = 5").await, 2);
    }

    a_conversation_stands_once_in_the_list_at_its_newest_message_that_fits(house) {
        // Conversation 5 has messages 1, 3, 5 ...; 6 has 2, 4, 6 ...
        for id in 1..=8 {
            house.message(id, ACCOUNT, 6 - id % 2, &[]).await;
        }
        house.message(9, ACCOUNT, 7, &[]).await;
        house.run("UPDATE messages SET flags = 1 WHERE id > 4; UPDATE messages SET attachments = 1 WHERE id = 1").await;
        let owner = house.owner;
        let (mut cursor, mut found) = (None, Vec::new());
        loop {
            let (page, next) = unit!(house, tx => conversation::list(tx, &owner, &Filter::default(), cursor, 1).await).unwrap();
            found.extend(page);
            cursor = next;
            if next.is_none() {
                break;
            }
        }
        let shown: Vec<_> = found.iter().map(|line| (line.head.id.0, line.newest.id.0, line.messages, line.unread, line.has_attachment)).collect();
        assert_eq!(shown, [(7, 9, 1, 0, false), (6, 8, 4, 2, false), (5, 7, 4, 2, true)]);
        let unread = Filter { unread: Some(true), ..Filter::default() };
        let (page, next) = unit!(house, tx => conversation::list(tx, &owner, &unread, None, 9).await).unwrap();
        assert_eq!(page.iter().map(|line| line.newest.id.0).collect::<Vec<_>>(), [4, 3]);
        assert_eq!(next, None);
    }

    a_line_about_a_private_message_is_for_those_who_see_it(house) {
        house.run(LET_IN).await;
        house.message(1, ACCOUNT, 5, &[]).await;
        house.message(2, ACCOUNT, 5, &[]).await;
        house.run("INSERT INTO dossiers (organisation, id, name, kind, created_at, updated_at) VALUES (1, 81, 'Dak', '', 0, 0)").await;
        let (owner, stranger) = (house.owner, house.stranger);
        let target = Target::Dossier(DossierKey(81));
        unit!(house, tx => link::link(tx, &owner, MessageKey(2), target, Reason::Person, NOW).await).unwrap();
        let closed = Patch { state: Some(State::Closed), ..Patch::default() };
        unit!(house, tx => conversation::patch(tx, &owner, key(5), &closed, NOW + 1).await).unwrap();
        unit!(house, tx => conversation::patch(tx, &owner, key(5), &closed, NOW + 2).await).unwrap();
        house.run("UPDATE messages SET private = TRUE WHERE id = 2").await;
        let kinds = |lines: Vec<Activity>| lines.into_iter().map(|line| (line.kind, line.done_at - NOW)).collect::<Vec<_>>();
        let all = unit!(house, tx => conversation::get(tx, &owner, key(5)).await).unwrap();
        assert_eq!(kinds(all.activities), [("linked".to_owned(), 0), ("closed".to_owned(), 1)], "closing twice is one line");
        let some = unit!(house, tx => conversation::get(tx, &stranger, key(5)).await).unwrap();
        assert_eq!(kinds(some.activities), [("closed".to_owned(), 1)]);
        let (page, _) = unit!(house, tx => conversation::list(tx, &stranger, &Filter::default(), None, 9).await).unwrap();
        assert_eq!((page[0].newest.id, page[0].messages, page[0].private, page[0].dossiers.len()), (MessageKey(1), 1, false, 0));
        let (page, _) = unit!(house, tx => conversation::list(tx, &owner, &Filter::default(), None, 9).await).unwrap();
        assert_eq!((page[0].private, page[0].dossiers[0].1.as_str()), (true, "Dak"));
    }

    a_mention_waits_until_it_is_read_and_only_while_the_conversation_is_seen(house) {
        house.message(1, ACCOUNT, 5, &[]).await;
        let (owner, stranger) = (house.owner, house.stranger);
        let refused = unit!(house, tx => note::add(tx, &owner, key(5), note_of(1, "hoi", &[STRANGER]), NOW).await);
        assert!(matches!(refused, Err(StoreError::Conflict { field: "mentions", .. })));
        house.run(LET_IN).await;
        unit!(house, tx => note::add(tx, &owner, key(5), note_of(1, "hoi", &[STRANGER]), NOW).await).unwrap();
        let waiting = unit!(house, tx => mention::list(tx, &stranger, true, None, 9).await).unwrap().0;
        assert_eq!((waiting[0].conversation, waiting[0].note.author), (key(5), OWNER));
        assert!(matches!(unit!(house, tx => mention::set_read(tx, &owner, NoteKey(1), Some(NOW)).await), Err(StoreError::NotFound)));
        unit!(house, tx => mention::set_read(tx, &stranger, NoteKey(1), Some(NOW)).await).unwrap();
        assert!(unit!(house, tx => mention::list(tx, &stranger, true, None, 9).await).unwrap().0.is_empty());
        assert_eq!(unit!(house, tx => mention::list(tx, &stranger, false, None, 9).await).unwrap().0[0].read_at, Some(NOW));
        house.run("DELETE FROM owners WHERE person = 32").await;
        assert!(unit!(house, tx => mention::list(tx, &stranger, false, None, 9).await).unwrap().0.is_empty());
    }

    who_is_there_is_seen_until_they_leave_or_fall_silent(house) {
        house.run(LET_IN).await;
        house.message(1, ACCOUNT, 5, &[]).await;
        let (owner, stranger, administrator) = (house.owner, house.stranger, house.administrator);
        assert!(unit!(house, tx => presence::put(tx, &owner, key(5), Doing::Looking, NOW).await).unwrap().is_empty());
        unit!(house, tx => presence::put(tx, &owner, key(5), Doing::Looking, NOW + 5).await).unwrap();
        let there = unit!(house, tx => presence::put(tx, &stranger, key(5), Doing::Replying, NOW + 6).await).unwrap();
        assert_eq!((there[0].user, there[0].doing, there[0].since_at), (OWNER, Doing::Looking, NOW));
        let there = unit!(house, tx => presence::others(tx, &owner, key(5), NOW + 7).await).unwrap();
        assert_eq!((there.len(), there[0].doing), (1, Doing::Replying));
        assert!(matches!(unit!(house, tx => presence::others(tx, &administrator, key(5), NOW).await), Err(StoreError::NotFound)));
        assert!(unit!(house, tx => presence::others(tx, &owner, key(5), NOW + 6 + LIFE).await).unwrap().is_empty());
        unit!(house, tx => presence::leave(tx, &stranger, key(5)).await).unwrap();
        assert!(unit!(house, tx => presence::others(tx, &owner, key(5), NOW + 7).await).unwrap().is_empty());
    }
}
