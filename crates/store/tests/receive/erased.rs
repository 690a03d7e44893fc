//! Erasing somebody leaves nothing of them: not in a row, not in the database's file, log or index, not in the packs.

use crate::room::{INBOX, NOW, Room, mail_in};
use bytes::Bytes;
use mail::{ContactKey, UserKey};
use store::{
    Dialect, StoreError, UserRole, Viewer,
    blob::NewBlob,
    erasure::{self, Asked, Erasure, Marks},
    receive::Item,
    vals,
};

const CANARY: &str = "kanariegeel";
const FROM: &str = "From: Jan Kanariegeel <jan.kanariegeel@klant.nl>\nTo: info@voorbeeld.nl\nSubject: Dak van kanariegeel\nMessage-ID: <v@klant>\n\nHet huis is kanariegeel.\n";
const TO: &str = "From: info@voorbeeld.nl\nTo: jan.kanariegeel@klant.nl\nSubject: Re: Dak van kanariegeel\nMessage-ID: <a@voorbeeld>\nReferences: <v@klant>\n\nMooi, kanariegeel.\n";
const OTHERS: &str =
    "From: piet@elders.nl\nTo: info@voorbeeld.nl, jan@klant.nl\nSubject: Feest\nMessage-ID: <f@elders>\n\nTot dan.\n";

/// The mail with its bytes kept, as fetching would.
async fn kept(room: &Room, uid: u32, raw: &str) -> Item {
    let Item::Message(mut item) = mail_in(INBOX, uid, raw) else { unreachable!("it makes messages") };
    let bytes = Bytes::from(raw.replace('\n', "\r\n"));
    let blob = NewBlob { organisation: room.organisation, digest: item.digest, bytes };
    item.blob = room.store.blobs.put(vec![blob]).await.unwrap().pop();
    Item::Message(item)
}

async fn a_house_with_jan(room: &Room) {
    let mut items = Vec::new();
    for (uid, raw) in (1..).zip([FROM, TO, OTHERS]) {
        items.push(kept(room, uid, raw).await);
    }
    room.contact(5, "jan.kanariegeel@klant.nl", false).await;
    room.receive(items).await;
    for sql in [
        "UPDATE contacts SET name = 'Jan Kanariegeel', sorted = 'jan kanariegeel', source = 'zaak', external_id = 'kanariegeel-7'",
        "INSERT INTO notes (organisation, id, conversation, author, text, written_at)
             SELECT organisation, 1, MIN(conversation), 31, 'Kanariegeel betaalt laat', 0 FROM messages
             WHERE outgoing GROUP BY organisation",
        "INSERT INTO audit (organisation, id, person, action, subject, detail, done_at)
             VALUES (1, 1, 31, 'contact.made', 'cnt', 'jan.kanariegeel@klant.nl', 0)",
        "INSERT INTO drafts (organisation, id, author, version, people, subject, text, forwards, quotes, created_at, updated_at)
             VALUES (1, 1, 31, 1, '{\"to\":[{\"address\":\"Jan.Kanariegeel@klant.nl\"}],\"cc\":[],\"bcc\":[]}', 'x', 'Beste kanariegeel', FALSE, FALSE, 0, 0)",
    ] {
        room.write(move |tx| Box::pin(async move { tx.script(sql).await })).await;
    }
}

async fn erase(room: &Room, id: i64, with_mail: bool) -> Result<Erasure, StoreError> {
    let (keys, organisation) = (room.store.keys.clone(), room.organisation);
    let write = store::unit(move |tx| {
        Box::pin(async move {
            let viewer = Viewer { organisation, user: UserKey(31), role: UserRole::Administrator };
            let marks = Marks::of(tx, &keys, organisation).await?;
            let asked = Asked { id, viewer: &viewer, marks: &marks, now: NOW };
            erasure::of_contact(tx, &asked, ContactKey(5), with_mail).await
        })
    });
    room.store.db.write(write).await
}

async fn go_on(room: &Room) {
    while erasure::go_on(&room.store, NOW + 1).await.unwrap() {}
    assert!(erasure::clean(&room.store, NOW, NOW + 1).await.unwrap());
}

/// Where the canary still is: files of the installation, and on PostgreSQL tables.
async fn found(room: &Room) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![room.dir.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
                continue;
            }
            let bytes = std::fs::read(entry.path()).unwrap().to_ascii_lowercase();
            if bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes()) {
                found.push(entry.path().display().to_string());
            }
        }
    }
    if room.store.db.dialect() == Dialect::Postgres {
        for table in room
            .ask("SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema()")
            .await
        {
            let sql = format!("SELECT COUNT(*) FROM {table} t WHERE LOWER(t::text) LIKE '%{CANARY}%'");
            let rows =
                room.write(move |tx| Box::pin(async move { Ok(tx.row(&sql, &[]).await?.unwrap().int(0)) })).await;
            if rows > 0 {
                found.push(table);
            }
        }
    }
    found
}

on_both! {
    nothing_of_an_erased_person_is_left_anywhere(room) {
        a_house_with_jan(&room).await;
        assert!(found(&room).await.len() > 1, "it was in the packs and in the database: {:?}", found(&room).await);
        let asked = erase(&room, 900, true).await.unwrap();
        assert_eq!((asked.messages, asked.left, asked.cleaned_at), (2, 2, None));
        go_on(&room).await;
        assert_eq!(found(&room).await, Vec::<String>::new());
        let organisation = room.organisation;
        let after = room.write(move |tx| Box::pin(async move { erasure::list(tx, organisation, 9).await })).await;
        assert_eq!((after[0].left, after[0].cleaned_at), (0, Some(NOW + 1)));
        assert_eq!(room.count("SELECT COUNT(*) FROM messages").await, 1, "what another wrote stays");
        assert_eq!(room.count("SELECT messages FROM folders WHERE name = 'INBOX'").await, 1);
        assert_eq!(room.count("SELECT COUNT(*) FROM drafts").await, 0);
        assert_eq!(room.ask("SELECT detail FROM audit").await, [""], "the line stays");
        let digest = *blake3::hash(OTHERS.replace('\n', "\r\n").as_bytes()).as_bytes();
        let there = room.store.raw(organisation, digest).await.unwrap();
        assert!(there.ends_with(b"Tot dan.\r\n"), "its neighbours in the pack are whole");
    }

    erased_mail_leaves_its_server_and_does_not_come_back(room) {
        a_house_with_jan(&room).await;
        erase(&room, 900, true).await.unwrap();
        go_on(&room).await;
        assert_eq!(room.ask("SELECT kind || ' ' || remote FROM edits ORDER BY remote").await, ["delete 1", "delete 2"]);
        let digest = *blake3::hash(FROM.replace('\n', "\r\n").as_bytes()).as_bytes();
        let organisation = room.organisation;
        let known = room.write(move |tx| Box::pin(async move { store::receive::known_digests(tx, organisation, &[digest]).await }));
        assert_eq!(known.await, [true], "its bytes are not kept again");
        let again = room.receive(vec![Item::Epoch(INBOX, 2), mail_in(INBOX, 40, FROM), mail_in(INBOX, 41, TO)]).await;
        assert_eq!((again.new.len(), again.fetched), (0, 0));
        assert_eq!(room.count("SELECT COUNT(*) FROM edits WHERE kind = 'delete' AND remote >= 40").await, 2);
        room.receive(vec![mail_in(INBOX, 40, FROM)]).await;
        assert_eq!(room.count("SELECT COUNT(*) FROM edits WHERE kind = 'delete' AND remote = 40").await, 1, "asked once");
    }

    mail_that_nobody_asked_to_erase_stays(room) {
        a_house_with_jan(&room).await;
        assert_eq!(room.count("SELECT COUNT(*) FROM links WHERE target = 5").await, 2);
        let asked = erase(&room, 900, false).await.unwrap();
        go_on(&room).await;
        assert_eq!(asked.messages, 0);
        assert_eq!(room.count("SELECT COUNT(*) FROM messages").await, 3);
        assert_eq!(room.count("SELECT COUNT(*) FROM contacts").await, 0);
        assert_eq!(room.count("SELECT COUNT(*) FROM links WHERE target = 5").await, 0);
        assert_eq!(room.count("SELECT COUNT(*) FROM notes").await, 1, "what stands beside mail stays with it");
    }

    somebody_whose_mail_still_waits_is_not_erased(room) {
        a_house_with_jan(&room).await;
        room.write(|tx| Box::pin(async move {
            let sql = "INSERT INTO outbox (organisation, id, account, kind, state, on_wire, not_before_at, message_id, digest, size,
                           return_path, subject, people, fence, tries, reconcile_tries, sent_copy, sent_copy_tries, created_at, updated_at)
                       VALUES (1, 1, 11, 'person', 'waiting', FALSE, 0, 'x', $1, 1, '', '', '{}', 0, 0, 0, 'none', 0, 0, 0)";
            tx.execute(sql, &vals![[7u8; 32]]).await?;
            let sql = "INSERT INTO outbox_recipients (organisation, submission, n, address, field, state, on_wire, updated_at)
                       VALUES (1, 1, 0, 'Jan.Kanariegeel@KLANT.nl', 'to', 'waiting', FALSE, 0)";
            tx.execute(sql, &[]).await
        })).await;
        let refused = erase(&room, 900, true).await;
        assert!(matches!(refused, Err(StoreError::Conflict { code: "mail_waits", .. })), "{refused:?}");
        assert_eq!(room.count("SELECT COUNT(*) FROM contacts").await, 1);
    }

    who_was_erased_comes_back_only_when_somebody_says_so(room) {
        a_house_with_jan(&room).await;
        erase(&room, 900, false).await.unwrap();
        let (keys, organisation) = (room.store.keys.clone(), room.organisation);
        room.write(move |tx| Box::pin(async move {
            let marks = Marks::of(tx, &keys, organisation).await?;
            let external = store::external::External { source: "zaak".into(), id: "kanariegeel-7".into() };
            let theirs = [marks.address(" JAN.kanariegeel@klant.nl"), marks.external(&external)];
            for mark in theirs {
                let refused = erasure::refused(tx, organisation, &[mark], "addresses").await;
                assert!(matches!(refused, Err(StoreError::Conflict { code: "erased", .. })), "{refused:?}");
            }
            erasure::refused(tx, organisation, &[marks.address("jan@klant.nl")], "addresses").await?;
            erasure::allow_again(tx, organisation, &theirs).await?;
            erasure::refused(tx, organisation, &theirs, "addresses").await
        })).await;
    }
}
