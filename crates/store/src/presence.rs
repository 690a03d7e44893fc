//! Who else looks at a conversation or writes an answer now, on whatever node they are (features D7).

use crate::{Row, StoreError, Tx, conversation, vals, viewer::Viewer};
use mail::{ConversationKey, UserKey};
use serde::{Deserialize, Serialize};

/// A page says again within this time that somebody is there; who is silent for longer has left. Milliseconds.
pub const LIFE: i64 = 45_000;

/// What somebody does with a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Doing {
    /// Has it open.
    Looking,
    /// Writes an answer.
    Replying,
}

/// Somebody who is there now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presence {
    /// Who.
    pub user: UserKey,
    /// What they do.
    pub doing: Doing,
    /// Since when.
    pub since_at: i64,
}

impl Doing {
    /// The name in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Doing::Looking => "looking",
            Doing::Replying => "replying",
        }
    }
}

/// Says that the viewer is there, for [`LIFE`] from now, and gives who else is.
pub async fn put(
    tx: &mut Tx,
    viewer: &Viewer,
    id: ConversationKey,
    doing: Doing,
    now: i64,
) -> Result<Vec<Presence>, StoreError> {
    let id = conversation::seen(tx, viewer, id).await?.conversation;
    let sql = "DELETE FROM presences WHERE organisation = $1 AND until_at <= $2";
    tx.execute(sql, &vals![viewer.organisation, now]).await?;
    let sql = "INSERT INTO presences (organisation, conversation, person, doing, since_at, until_at)
               VALUES ($1, $2, $3, $4, $5, $6)
               ON CONFLICT (organisation, conversation, person) DO UPDATE SET until_at = excluded.until_at,
                   since_at = CASE WHEN presences.doing = excluded.doing THEN presences.since_at
                       ELSE excluded.since_at END, doing = excluded.doing";
    tx.execute(sql, &vals![viewer.organisation, id, viewer.user, doing.as_str(), now, now + LIFE]).await?;
    others(tx, viewer, id, now).await
}

/// Says that the viewer has left.
pub async fn leave(tx: &mut Tx, viewer: &Viewer, id: ConversationKey) -> Result<(), StoreError> {
    let id = conversation::seen(tx, viewer, id).await?.conversation;
    let sql = "DELETE FROM presences WHERE organisation = $1 AND conversation = $2 AND person = $3";
    tx.execute(sql, &vals![viewer.organisation, id, viewer.user]).await?;
    Ok(())
}

/// Who else is there at this moment, who came first before the others.
pub async fn others(tx: &mut Tx, viewer: &Viewer, id: ConversationKey, now: i64) -> Result<Vec<Presence>, StoreError> {
    let id = conversation::seen(tx, viewer, id).await?.conversation;
    let rows = tx.rows(OTHERS, &vals![viewer.organisation, id, viewer.user, now]).await?;
    Ok(rows.into_iter().map(presence).collect())
}

/// Who else is at each of these conversations, which the viewer sees; for the lines of a list.
pub async fn others_at(
    tx: &mut Tx,
    viewer: &Viewer,
    conversations: &[ConversationKey],
    now: i64,
) -> Result<Vec<Vec<Presence>>, StoreError> {
    let of_one = |key: &ConversationKey| vals![viewer.organisation, *key, viewer.user, now].to_vec();
    let lists: Vec<_> = conversations.iter().map(of_one).collect();
    let found = tx.rows_many(OTHERS, &lists).await?;
    Ok(found.into_iter().map(|rows| rows.into_iter().map(presence).collect()).collect())
}

const OTHERS: &str = "SELECT person, doing, since_at FROM presences
     WHERE organisation = $1 AND conversation = $2 AND person <> $3 AND until_at > $4 ORDER BY since_at, person";

fn presence(mut row: Row) -> Presence {
    Presence {
        user: UserKey(row.int(0)),
        doing: if row.text(1) == "replying" { Doing::Replying } else { Doing::Looking },
        since_at: row.int(2),
    }
}
