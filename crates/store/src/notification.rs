//! What a person wants to hear of: by letter while they are not looking, in their browser while a page is open.

use crate::{
    StoreError, Tx, conversation,
    user::{self, User},
    vals,
    viewer::{Viewer, visible},
};
use mail::{AccountKey, ConversationKey, UserKey};

/// Whoever used a page so lately is looking, in milliseconds: the page tells them.
pub const LOOKING: i64 = 5 * 60_000;
/// Between two letters to one person about one conversation, in milliseconds.
pub const PAUSE: i64 = 3_600_000;

/// What a person wants to hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// By letter: a colleague calls them in a note.
    pub letter_when_called: bool,
    /// By letter: a conversation is theirs to do from now on.
    pub letter_when_assigned: bool,
    /// In the browser: a colleague calls them in a note.
    pub notice_when_called: bool,
    /// In the browser: new mail in these accounts, which they may read, in order.
    pub notice_accounts: Vec<AccountKey>,
}

/// What changes about it; `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChoicePatch {
    /// By letter: a colleague calls them in a note.
    pub letter_when_called: Option<bool>,
    /// By letter: a conversation is theirs to do from now on.
    pub letter_when_assigned: Option<bool>,
    /// In the browser: a colleague calls them in a note.
    pub notice_when_called: Option<bool>,
    /// In the browser: new mail in these accounts.
    pub notice_accounts: Option<Vec<AccountKey>>,
}

/// Why somebody is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// A colleague called them in a note.
    Called,
    /// A conversation is theirs to do from now on.
    Assigned,
}

/// A letter that somebody is to get now.
#[derive(Debug, Clone)]
pub struct Due {
    /// Who.
    pub user: User,
    /// Why.
    pub why: Why,
    /// About which conversation.
    pub conversation: ConversationKey,
    /// Of the newest message of it that they see and that is not private; `None` when every one is.
    pub subject: Option<String>,
}

/// What the viewer chose, without the accounts that they may read no longer.
pub async fn get(tx: &mut Tx, viewer: &Viewer) -> Result<Choice, StoreError> {
    let sql = "SELECT letter_when_called, letter_when_assigned, notice_when_called FROM users
               WHERE organisation = $1 AND id = $2";
    let row = tx.row(sql, &vals![viewer.organisation, viewer.user]).await?.ok_or(StoreError::NotFound)?;
    let readable = viewer.rights(tx).await?.read;
    let sql = "SELECT account FROM noticed_accounts WHERE organisation = $1 AND person = $2 ORDER BY account";
    let chosen = tx.rows(sql, &vals![viewer.organisation, viewer.user]).await?;
    let chosen = chosen.iter().map(|row| AccountKey(row.int(0)));
    Ok(Choice {
        letter_when_called: row.bool(0),
        letter_when_assigned: row.bool(1),
        notice_when_called: row.bool(2),
        notice_accounts: chosen.filter(|account| readable.binary_search(account).is_ok()).collect(),
    })
}

/// Changes what the viewer chose. The caller has seen to it that they may read the accounts.
pub async fn update(tx: &mut Tx, viewer: &Viewer, patch: &ChoicePatch) -> Result<Choice, StoreError> {
    let before = get(tx, viewer).await?;
    let sql = "UPDATE users SET letter_when_called = $3, letter_when_assigned = $4, notice_when_called = $5
               WHERE organisation = $1 AND id = $2";
    let values = vals![
        viewer.organisation,
        viewer.user,
        patch.letter_when_called.unwrap_or(before.letter_when_called),
        patch.letter_when_assigned.unwrap_or(before.letter_when_assigned),
        patch.notice_when_called.unwrap_or(before.notice_when_called),
    ];
    tx.execute(sql, &values).await?;
    if let Some(accounts) = &patch.notice_accounts {
        let sql = "DELETE FROM noticed_accounts WHERE organisation = $1 AND person = $2";
        tx.execute(sql, &vals![viewer.organisation, viewer.user]).await?;
        let rows: Vec<_> = accounts.iter().map(|it| vals![viewer.organisation, viewer.user, *it].to_vec()).collect();
        let sql = "INSERT INTO noticed_accounts (organisation, person, account) VALUES ($1, $2, $3)
                   ON CONFLICT DO NOTHING";
        tx.execute_many(sql, &rows).await?;
    }
    get(tx, viewer).await
}

/// The letter that `user` is to get for what the viewer does, and notes that they get it; `None` when they do it themselves,
/// do not want it, may not see it, are looking, or had one about this conversation just now.
pub async fn letter_due(
    tx: &mut Tx,
    viewer: &Viewer,
    user: UserKey,
    conversation: ConversationKey,
    why: Why,
    now: i64,
) -> Result<Option<Due>, StoreError> {
    let organisation = viewer.organisation;
    let reader = Viewer { user, ..*viewer };
    if user == viewer.user {
        return Ok(None);
    }
    let conversation = match conversation::seen(tx, &reader, conversation).await {
        Ok(seen) => seen.conversation,
        Err(StoreError::NotFound) => return Ok(None),
        Err(error) => return Err(error),
    };
    let choice = get(tx, &reader).await?;
    let wanted = match why {
        Why::Called => choice.letter_when_called,
        Why::Assigned => choice.letter_when_assigned,
    };
    let found = user::get(tx, organisation, user).await?;
    let sql = "SELECT 1 FROM sessions WHERE organisation = $1 AND person = $2 AND NOT half_way AND seen_at > $3
                   AND expires_at > $4 LIMIT 1";
    let looks = tx.row(sql, &vals![organisation, user, now - LOOKING, now]).await?.is_some();
    if !wanted || !found.active || looks {
        return Ok(None);
    }
    let sql = "DELETE FROM letters_told WHERE organisation = $1 AND person = $2 AND told_at <= $3";
    tx.execute(sql, &vals![organisation, user, now - PAUSE]).await?;
    let sql = "INSERT INTO letters_told (organisation, person, conversation, told_at) VALUES ($1, $2, $3, $4)
               ON CONFLICT DO NOTHING";
    if tx.execute(sql, &vals![organisation, user, conversation, now]).await? == 0 {
        return Ok(None);
    }
    let subject = open_subject(tx, &reader, conversation).await?;
    Ok(Some(Due { user: found, why, conversation, subject }))
}

/// The subject of the newest message of the conversation that the viewer sees and that is not private: what may be said where
/// others could look along. A conversation's own subject may be that of a private message.
pub async fn open_subject(tx: &mut Tx, viewer: &Viewer, id: ConversationKey) -> Result<Option<String>, StoreError> {
    let sql = format!(
        "SELECT t.subject FROM messages m JOIN message_texts t ON t.organisation = m.organisation AND t.id = m.id
         WHERE m.organisation = $1 AND m.conversation = $3 AND NOT m.private AND {} ORDER BY m.id DESC LIMIT 1",
        visible("m")
    );
    let row = tx.row(&sql, &vals![viewer.organisation, viewer.user, id]).await?;
    Ok(row.map(|mut row| row.text(0)))
}
