//! What receiving promises, on both databases.

/// Runs the story on SQLite and on PostgreSQL.
macro_rules! on_both {
    ($($name:ident($room:ident) $story:block)*) => {$(
        #[test]
        fn $name() {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            let postgres = testkit::Postgres::shared().database(concat!("receive_", stringify!($name)));
            runtime.block_on(async {
                for database in [None, Some(postgres)] {
                    let $room = $crate::room::Room::new(database).await;
                    $story
                }
            });
        }
    )*};
}

mod collect;
mod erased;
mod room;
mod same_instant;

use mail::{Flags, RemoteId, RemoteSet};
use room::{ARCHIVE, INBOX, mail_in};
use store::receive::Item;

const QUESTION: &str =
    "From: jan@klant.nl\nTo: info@voorbeeld.nl\nSubject: Offerte dak\nMessage-ID: <q@klant>\n\nWat kost het?\n";
const ANSWER: &str = "From: info@voorbeeld.nl\nTo: jan@klant.nl\nSubject: Re: Offerte dak\nMessage-ID: <a@voorbeeld>\nIn-Reply-To: <q@klant>\n\nTien euro.\n";

on_both! {
    a_repeated_batch_changes_nothing(room) {
        let batch = || vec![mail_in(INBOX, 1, QUESTION), mail_in(INBOX, 2, ANSWER)];
        let first = room.receive(batch()).await;
        let again = room.receive(batch()).await;
        assert_eq!((first.new.len(), first.fetched), (2, 2));
        assert_eq!((again.new.len(), again.fetched), (0, 0));
        assert_eq!(room.count("SELECT COUNT(*) FROM messages").await, 2);
        assert_eq!(room.count("SELECT messages FROM folders WHERE name = 'INBOX'").await, 2);
        assert_eq!(room.count("SELECT unread FROM folders WHERE name = 'INBOX'").await, 2);
        assert_eq!(room.count("SELECT COUNT(*) FROM changes").await, 2);
    }

    an_answer_that_comes_before_its_question_shares_its_conversation(room) {
        room.receive(vec![mail_in(INBOX, 2, ANSWER)]).await;
        room.receive(vec![mail_in(INBOX, 1, QUESTION)]).await;
        assert_eq!(room.count("SELECT COUNT(DISTINCT conversation) FROM messages").await, 1);
    }

    two_mails_with_one_subject_do_not_share_a_conversation(room) {
        let other = QUESTION.replace("jan@", "piet@").replace("q@klant", "z@klant");
        room.receive(vec![mail_in(INBOX, 1, QUESTION), mail_in(INBOX, 2, &other)]).await;
        assert_eq!(room.count("SELECT COUNT(DISTINCT conversation) FROM messages").await, 2);
    }

    a_stranger_who_cites_a_known_id_opens_his_own_conversation(room) {
        let stranger = "From: dief@elders.nl\nTo: info@voorbeeld.nl\nSubject: Iets anders\nReferences: <q@klant>\n\nHoi\n";
        room.receive(vec![mail_in(INBOX, 1, QUESTION), mail_in(INBOX, 2, stranger)]).await;
        assert_eq!(room.count("SELECT COUNT(DISTINCT conversation) FROM messages").await, 2);
    }

    a_message_that_ties_two_conversations_together_merges_them(room) {
        let left = "From: jan@klant.nl\nSubject: Dak\nMessage-ID: <l@k>\n\n1\n";
        let right = "From: jan@klant.nl\nSubject: Dak\nMessage-ID: <r@k>\n\n2\n";
        let both = "From: jan@klant.nl\nSubject: Re: Dak\nMessage-ID: <b@k>\nReferences: <l@k> <r@k>\n\n3\n";
        room.receive(vec![mail_in(INBOX, 1, left), mail_in(INBOX, 2, right)]).await;
        room.receive(vec![mail_in(INBOX, 3, both)]).await;
        assert_eq!(room.count("SELECT COUNT(DISTINCT conversation) FROM messages").await, 1);
    }

    an_answer_from_outside_opens_what_was_closed_and_ends_its_snooze(room) {
        let closed = "SELECT COUNT(*) FROM conversations WHERE state = 'closed' AND snoozed_until_at IS NOT NULL";
        let close = "UPDATE conversations SET state = 'closed', snoozed_until_at = 9";
        let reply = "From: jan@klant.nl\nSubject: Re: Offerte dak\nMessage-ID: <r@klant>\nReferences: <q@klant>\n\nGraag\n";
        room.receive(vec![mail_in(INBOX, 1, QUESTION)]).await;
        room.write(move |tx| Box::pin(async move { tx.execute(close, &[]).await })).await;
        room.receive(vec![mail_in(INBOX, 2, ANSWER)]).await;
        assert_eq!(room.count(closed).await, 1, "what we write ourselves opens nothing");
        room.receive(vec![mail_in(INBOX, 3, reply)]).await;
        assert_eq!(room.count(closed).await, 0);
        assert_eq!(room.count("SELECT COUNT(*) FROM conversations WHERE state = 'open' AND snoozed_until_at IS NULL").await, 1);
    }

    two_mails_with_one_message_id_and_other_bodies_are_both_stored(room) {
        let other = QUESTION.replace("Wat kost het?", "Iets heel anders.");
        let received = room.receive(vec![mail_in(INBOX, 1, QUESTION), mail_in(INBOX, 2, &other)]).await;
        assert_eq!(received.new.len(), 2);
    }

    the_same_bytes_in_two_folders_are_one_message_in_two_places(room) {
        room.receive(vec![mail_in(INBOX, 1, QUESTION), mail_in(ARCHIVE, 7, QUESTION)]).await;
        assert_eq!(room.count("SELECT COUNT(*) FROM messages").await, 1);
        assert_eq!(room.count("SELECT COUNT(*) FROM places").await, 2);
        assert_eq!(room.count("SELECT COUNT(*) FROM blobs").await, 1);
    }

    a_new_uidvalidity_binds_the_same_rows_and_tells_no_new_mail(room) {
        room.receive(vec![mail_in(INBOX, 1, QUESTION), mail_in(INBOX, 2, ANSWER)]).await;
        let before = room.count("SELECT COUNT(*) FROM changes").await;
        let again = vec![Item::Epoch(INBOX, 99), mail_in(INBOX, 41, QUESTION), mail_in(INBOX, 42, ANSWER), Item::Complete(INBOX)];
        let received = room.receive(again).await;
        assert_eq!((received.new.len(), received.removed), (0, 0));
        assert_eq!(room.count("SELECT COUNT(*) FROM messages WHERE gone_at IS NULL").await, 2);
        assert_eq!(room.count("SELECT COUNT(*) FROM places").await, 2);
        assert_eq!(room.count("SELECT messages FROM folders WHERE name = 'INBOX'").await, 2);
        assert_eq!(room.count("SELECT COUNT(*) FROM changes").await, before);
    }

    what_a_new_epoch_does_not_hold_goes_only_when_it_is_complete(room) {
        room.receive(vec![mail_in(INBOX, 1, QUESTION), mail_in(INBOX, 2, ANSWER)]).await;
        room.receive(vec![Item::Epoch(INBOX, 99), mail_in(INBOX, 41, QUESTION)]).await;
        assert_eq!(room.count("SELECT COUNT(*) FROM messages WHERE gone_at IS NULL").await, 2);
        room.receive(vec![Item::Complete(INBOX)]).await;
        assert_eq!(room.count("SELECT COUNT(*) FROM messages WHERE gone_at IS NULL").await, 1);
    }

    a_mail_moved_by_someone_else_keeps_its_row(room) {
        let key = room.receive(vec![mail_in(INBOX, 1, QUESTION)]).await.new[0];
        let gone: RemoteSet = [1u32].into_iter().collect();
        assert_eq!(room.receive(vec![Item::Gone(INBOX, gone)]).await.removed, 1);
        assert_eq!(room.count("SELECT COUNT(*) FROM messages WHERE gone_at IS NULL").await, 0);
        assert_eq!(room.receive(vec![mail_in(ARCHIVE, 5, QUESTION)]).await.new, []);
        assert_eq!(room.count("SELECT id FROM messages WHERE gone_at IS NULL").await, key.0);
        assert_eq!(room.ask("SELECT kind FROM changes ORDER BY seq DESC LIMIT 1").await, ["message.moved"]);
    }

    flags_and_absences_are_taken_as_the_server_tells_them(room) {
        room.receive(vec![mail_in(INBOX, 1, QUESTION), mail_in(INBOX, 2, ANSWER)]).await;
        let seen = Flags { seen: true, ..Flags::default() };
        let told = room.receive(vec![Item::Flags(INBOX, vec![(RemoteId::Uid(1), seen.clone()), (RemoteId::Uid(2), Flags::default())])]).await;
        assert_eq!(told.updated, 1);
        assert_eq!(room.count("SELECT unread FROM folders WHERE name = 'INBOX'").await, 1);
        let left: RemoteSet = [2u32].into_iter().collect();
        assert_eq!(room.receive(vec![Item::Present(INBOX, left)]).await.removed, 1);
        assert_eq!(room.count("SELECT messages * 10 + unread FROM folders WHERE name = 'INBOX'").await, 11);
    }

    mail_is_linked_to_the_contact_and_its_dossier_and_not_to_excluded_addresses(room) {
        room.contact(501, "jan@klant.nl", false).await;
        room.contact(502, "collega@intern.nl", false).await;
        let raw = QUESTION.replace("To: info@voorbeeld.nl", "To: info@voorbeeld.nl, collega@intern.nl");
        room.receive(vec![mail_in(INBOX, 1, &raw)]).await;
        let links = room.ask("SELECT target || ' ' || reason FROM links ORDER BY target").await;
        assert_eq!(links, ["501 address", "1501 contact"]);
    }

    mail_of_a_hidden_contact_is_private_from_the_first_moment(room) {
        room.contact(501, "jan@klant.nl", true).await;
        room.receive(vec![mail_in(INBOX, 1, QUESTION)]).await;
        assert_eq!(room.ask("SELECT private_reason FROM messages WHERE private").await, ["contact"]);
        assert_eq!(room.count("SELECT COUNT(*) FROM changes WHERE private").await, 1);
    }
}
