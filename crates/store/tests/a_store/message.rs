//! Lists, one message, its flags and its folder.

use crate::desk::{ANNA, ARCHIVE, BRAM, CEES, DIRK, INBOX, INFO, NOW, ORGANISATION, OTHER_INBOX};
use mail::{MessageKey, Role};
use store::{
    StoreError,
    message::{self, Filter},
};

on_both! {
    every_filter_lists_newest_first_what_it_names(desk) {
        let old = desk.mail(ARCHIVE, 1, "Een", "a").await;
        let new = desk.mail(INBOX, 2, "Twee", "b").await;
        let own = desk.mail(OTHER_INBOX, 3, "Drie", "c").await;
        assert_eq!(desk.list(BRAM, Filter::default()).await, [own, new, old]);
        assert_eq!(desk.list(ANNA, Filter::default()).await, [new, old]);
        assert_eq!(desk.list(DIRK, Filter::default()).await, []);
        assert_eq!(desk.list(BRAM, Filter { account: Some(INFO), ..Filter::default() }).await, [new, old]);
        assert_eq!(desk.list(BRAM, Filter { folder: Some(ARCHIVE), ..Filter::default() }).await, [old]);
        assert_eq!(desk.list(ANNA, Filter { folder: Some(OTHER_INBOX), ..Filter::default() }).await, []);
        assert_eq!(desk.list(BRAM, Filter { role: Some(Role::Inbox), ..Filter::default() }).await, [own, new]);
        let conversation = desk.get(ANNA, new).await.unwrap().conversation;
        assert_eq!(desk.list(ANNA, Filter { conversation: Some(conversation), ..Filter::default() }).await, [new]);
        desk.run("UPDATE messages SET flags = 1 WHERE id IN (SELECT id FROM message_texts WHERE subject = 'Twee')").await;
        assert_eq!(desk.list(BRAM, Filter { unread: Some(true), ..Filter::default() }).await, [own, old]);
        assert_eq!(desk.list(BRAM, Filter { unread: Some(false), ..Filter::default() }).await, [new]);
        let unread_here = Filter { unread: Some(true), folder: Some(ARCHIVE), ..Filter::default() };
        assert_eq!(desk.list(BRAM, unread_here).await, [old]);
    }

    a_message_shows_its_best_place_its_people_and_its_links(desk) {
        let key = desk.mail(INBOX, 1, "Offerte", "Hallo").await;
        desk.run("INSERT INTO places (organisation, folder, generation, remote, account, message, flags, shown_in)
            SELECT 1, 22, generation, 9, 11, message, 0, 22 FROM places WHERE folder = 21").await;
        desk.run("INSERT INTO links (organisation, message, target, is_dossier, reason, removed, linked_at)
            SELECT 1, id, 61, TRUE, 'person', FALSE, 0 FROM messages").await;
        let stored = desk.get(ANNA, key).await.unwrap();
        assert_eq!((stored.folder, stored.role), (Some(INBOX), Role::Inbox));
        assert_eq!(stored.people.from[0].name.as_deref(), Some("Jan de Vries"));
        assert_eq!(stored.people.to[0].address, "info@voorbeeld.nl");
        assert_eq!(stored.dossiers, [mail::DossierKey(61)]);
        assert_eq!(stored.preview, "Hallo");
        let places = desk.store.db.read(move |tx| Box::pin(async move {
            message::places_of(tx, ORGANISATION, key).await
        })).await.unwrap();
        assert_eq!(places.iter().map(|place| place.folder).collect::<Vec<_>>(), [INBOX, ARCHIVE]);
    }

    what_is_read_here_counts_here_and_waits_for_the_server(desk) {
        let key = desk.mail(INBOX, 1, "Offerte", "Hallo").await;
        set_flags(&desk, key, Some(true), Some(true)).await.unwrap();
        let stored = desk.get(CEES, key).await.unwrap();
        assert!(stored.seen && stored.flagged);
        assert_eq!(desk.count("SELECT unread FROM folders WHERE id = 21").await, 0);
        assert_eq!(desk.count("SELECT COUNT(*) FROM edits WHERE kind = 'flags'").await, 1);
        set_flags(&desk, key, Some(true), None).await.unwrap();
        assert_eq!(desk.count("SELECT COUNT(*) FROM edits").await, 1, "nothing changed the second time");
        set_flags(&desk, key, Some(false), None).await.unwrap();
        assert_eq!(desk.count("SELECT unread FROM folders WHERE id = 21").await, 1);
        assert!(desk.get(ANNA, key).await.unwrap().flagged);
    }

    a_message_stays_in_its_mailbox(desk) {
        let key = desk.mail(INBOX, 1, "Offerte", "Hallo").await;
        let refused = move_to(&desk, key, OTHER_INBOX).await;
        assert!(matches!(refused, Err(StoreError::Conflict { field: "folder", .. })), "{refused:?}");
    }

    what_one_may_not_see_one_cannot_change(desk) {
        let key = desk.mail(OTHER_INBOX, 1, "Geheim", "Hallo").await;
        let refused = set_flags(&desk, key, Some(true), None).await;
        assert!(matches!(refused, Err(StoreError::NotFound)), "{refused:?}");
        assert!(matches!(desk.get(DIRK, key).await, Err(StoreError::NotFound)));
    }
}

pub async fn set_flags(
    desk: &crate::desk::Desk,
    key: MessageKey,
    seen: Option<bool>,
    flagged: Option<bool>,
) -> Result<(), StoreError> {
    let make = desk.store.make.clone();
    desk.write(move |tx| Box::pin(async move { message::set_flags(tx, &ANNA, key, seen, flagged, NOW, &make).await }))
        .await
}

pub async fn move_to(desk: &crate::desk::Desk, key: MessageKey, folder: mail::FolderKey) -> Result<(), StoreError> {
    let make = desk.store.make.clone();
    desk.write(move |tx| Box::pin(async move { message::move_to(tx, &ANNA, key, folder, NOW, &make).await })).await
}
