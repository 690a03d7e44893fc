//! What is found, by whom.

use crate::desk::{ANNA, ARCHIVE, BRAM, CEES, DIRK, INBOX, OTHER_INBOX, mail_in};
use mail::{MessageKey, search::SearchText};
use store::search;

on_both! {
    words_phrases_and_fields_find_what_has_them(desk) {
        let roof = desk.mail(INBOX, 1, "Offerte dak", "Wat kost een nieuw dak van zestig meter?").await;
        let bill = desk.mail(INBOX, 2, "Factuur 2026-17", "De rekening voor het dak en de g\u{f6}ten.").await;
        assert_eq!(desk.find(ANNA, "dak").await, [bill, roof]);
        assert_eq!(desk.find(ANNA, "DAK offerte").await, [roof]);
        assert_eq!(desk.find(ANNA, "goten").await, [bill]);
        assert_eq!(desk.find(ANNA, "\"nieuw dak\"").await, [roof]);
        assert_eq!(desk.find(ANNA, "\"dak nieuw\"").await, []);
        assert_eq!(desk.find(ANNA, "subject:dak").await, [roof]);
        assert_eq!(desk.find(ANNA, "from:jan@klant.nl rekening").await, [bill]);
        assert_eq!(desk.find(ANNA, "to:jan").await, []);
        assert_eq!(desk.find(ANNA, "fact*").await, [bill]);
        assert_eq!(desk.find(ANNA, "dak -factuur").await, [roof]);
        assert_eq!(desk.find(ANNA, "-factuur").await, [roof]);
    }

    nobody_finds_mail_of_a_mailbox_that_is_not_theirs(desk) {
        let info = desk.mail(INBOX, 1, "Zonnepanelen", "Voor iedereen").await;
        let own = desk.mail(OTHER_INBOX, 2, "Zonnepanelen", "Voor Bram").await;
        assert_eq!(desk.find(ANNA, "zonnepanelen").await, [info]);
        assert_eq!(desk.find(BRAM, "zonnepanelen").await, [own, info]);
        assert_eq!(desk.find(CEES, "zonnepanelen").await, [info]);
        assert_eq!(desk.find(DIRK, "zonnepanelen").await, []);
        assert_eq!(desk.find(ANNA, "-iets").await, [info]);
        assert_eq!(desk.find(BRAM, "account:prive zonnepanelen").await, [own]);
        assert_eq!(desk.find(ANNA, "account:prive zonnepanelen").await, []);
    }

    conditions_that_are_no_words_narrow_the_search(desk) {
        let old = desk.mail(ARCHIVE, 1, "Planning", "Week 12").await;
        let new = desk.mail(INBOX, 2, "Planning", "Week 13").await;
        desk.run("UPDATE messages SET attachments = 1, flags = 1
            WHERE id IN (SELECT id FROM message_texts WHERE preview LIKE '%12%')").await;
        assert_eq!(desk.find(ANNA, "planning in:archive").await, [old]);
        assert_eq!(desk.find(ANNA, "planning in:inbox").await, [new]);
        assert_eq!(desk.find(ANNA, "in:archief").await, [old]);
        assert_eq!(desk.find(ANNA, "planning has:attachment").await, [old]);
        assert_eq!(desk.find(ANNA, "planning -has:attachment").await, [new]);
        assert_eq!(desk.find(ANNA, "is:unread").await, [new]);
        assert_eq!(desk.find(ANNA, "is:read planning").await, [old]);
        assert_eq!(desk.find(ANNA, "planning after:2020-01-01").await, [new, old]);
        assert_eq!(desk.find(ANNA, "before:2020-01-01").await, []);
        assert_eq!(desk.find(ANNA, "planning before:2020-01-01").await, []);
    }

    contacts_and_dossiers_are_found_by_name(desk) {
        let linked = desk.mail(INBOX, 1, "Vergunning", "Zie bijlage").await;
        desk.mail(INBOX, 2, "Vergunning", "Nog een").await;
        desk.run("INSERT INTO contacts (organisation, id, name, hidden, created_at, updated_at)
            VALUES (1, 51, 'Ren\u{e9} Bakker', FALSE, 0, 0)").await;
        desk.run("INSERT INTO dossiers (organisation, id, name, kind, created_at, updated_at)
            VALUES (1, 61, 'Kerkstraat 12', 'project', 0, 0)").await;
        desk.run("INSERT INTO links (organisation, message, target, is_dossier, reason, removed, linked_at)
            SELECT 1, id, 51, FALSE, 'person', FALSE, 0 FROM message_texts WHERE preview LIKE 'Zie%'").await;
        desk.run("INSERT INTO links (organisation, message, target, is_dossier, reason, removed, linked_at)
            SELECT 1, id, 61, TRUE, 'person', FALSE, 0 FROM message_texts WHERE preview LIKE 'Zie%'").await;
        assert_eq!(desk.find(ANNA, "contact:rene").await, [linked]);
        assert_eq!(desk.find(ANNA, "vergunning dossier:kerkstraat").await, [linked]);
        assert_eq!(desk.find(ANNA, "dossier:molenweg").await, []);
    }

    what_is_forgotten_or_gone_is_not_found(desk) {
        let kept = desk.mail(INBOX, 1, "Bestelling", "Een").await;
        let forgotten = desk.mail(INBOX, 2, "Bestelling", "Twee").await;
        desk.mail(INBOX, 3, "Bestelling", "Drie").await;
        desk.write(move |tx| Box::pin(async move {
            search::forget(tx, crate::desk::ORGANISATION, &[forgotten]).await
        })).await.unwrap();
        desk.run("UPDATE messages SET gone_at = 1 WHERE id IN (SELECT id FROM message_texts WHERE preview = 'Drie')").await;
        assert_eq!(desk.find(ANNA, "bestelling").await, [kept]);
    }

    a_page_goes_on_where_the_last_one_ended(desk) {
        let items = (1..=25).map(|uid| mail_in(INBOX, uid, "Levering", &format!("Nummer {uid}"))).collect();
        let mut all = desk.receive(crate::desk::INFO, items).await;
        all.reverse();
        let query = mail::query::parse("levering", mail::query::Now::default());
        let filter = store::message::Filter { query: Some(query), ..Default::default() };
        let (mut met, mut cursor): (Vec<MessageKey>, _) = (Vec::new(), None);
        loop {
            let filter = filter.clone();
            let page = desk.store.db.read(move |tx| Box::pin(async move {
                store::message::list(tx, &ANNA, &filter, cursor, 10).await
            })).await.unwrap();
            met.extend(page.0.iter().map(|summary| summary.id));
            cursor = page.1;
            if cursor.is_none() { break }
        }
        assert_eq!(met, all);
    }

    a_text_of_many_words_is_indexed_to_its_end(desk) {
        let key = desk.mail(INBOX, 1, "Lang", "Kort").await;
        let body = (0..60_000).map(|n| format!("woord{n}")).collect::<Vec<_>>().join(" ");
        let text = SearchText { subject: "lang".into(), body, ..SearchText::default() };
        desk.write(move |tx| Box::pin(async move {
            search::forget(tx, crate::desk::ORGANISATION, &[key]).await?;
            search::index(tx, crate::desk::ORGANISATION, crate::desk::INFO, &[(key, &text)]).await
        })).await.unwrap();
        assert_eq!(desk.find(ANNA, "woord39999").await, [key]);
    }
    mail_that_lies_behind_much_newer_mail_of_others_is_found(desk) {
        let own = [desk.mail(INBOX, 1, "Levering", "Een").await, desk.mail(INBOX, 2, "Levering", "Twee").await];
        let others = (3..=443).map(|uid| mail_in(OTHER_INBOX, uid, "Levering", &format!("Nummer {uid}"))).collect();
        desk.receive(crate::desk::OTHER, others).await;
        let newest = desk.mail(INBOX, 444, "Levering", "Drie").await;
        assert_eq!(desk.find(ANNA, "levering").await, [newest, own[1], own[0]]);
    }
}
