//! Private means private everywhere.

use crate::desk::{ANNA, BRAM, CEES, Desk, INBOX, NOW};
use mail::{MessageKey, UserKey};
use store::{StoreError, Viewer, message};

on_both! {
    a_private_message_shows_to_managers_and_to_who_made_it_private(desk) {
        let key = desk.mail(INBOX, 1, "Loonstrook", "Bedragen").await;
        assert_eq!(who(&desk, key).await, [31, 32, 33].map(UserKey));
        set(&desk, BRAM, key, true).await.unwrap();
        assert_eq!(who(&desk, key).await, [31, 32].map(UserKey));
        assert_eq!(desk.find(ANNA, "loonstrook").await, [key]);
        assert_eq!(desk.find(BRAM, "loonstrook").await, [key]);
        assert_eq!(desk.find(CEES, "loonstrook").await, []);
        assert_eq!(desk.list(CEES, Default::default()).await, []);
        assert!(matches!(desk.get(CEES, key).await, Err(StoreError::NotFound)));
        assert!(matches!(set(&desk, CEES, key, false).await, Err(StoreError::NotFound)));
        assert_eq!(desk.find(BRAM, "is:private").await, [key]);
        set(&desk, ANNA, key, false).await.unwrap();
        assert_eq!(desk.find(CEES, "loonstrook").await, [key]);
    }
}

async fn set(desk: &Desk, viewer: Viewer, key: MessageKey, private: bool) -> Result<(), StoreError> {
    desk.write(move |tx| Box::pin(async move { message::set_private(tx, &viewer, key, private, NOW).await })).await
}

async fn who(desk: &Desk, key: MessageKey) -> Vec<UserKey> {
    desk.store.db.read(move |tx| Box::pin(async move { message::who_can_see(tx, &ANNA, key).await })).await.unwrap()
}
