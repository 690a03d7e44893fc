//! Lists of conversations: each at its newest message that fits what is asked, newest first.

use super::{COLUMNS, Head, head, read::own_subjects};
use crate::{
    StoreError, Tx,
    message::{self, Filter, Summary},
    page, search, vals,
    viewer::{Viewer, visible},
};
use mail::{AccountKey, ConversationKey, DossierKey, MessageKey};
use std::collections::HashSet;

/// A count stops here: a person who reads "1000" knows enough, and the page stays fast.
pub const COUNTED_AT_MOST: usize = 1000;

/// More messages at a time are not looked at, however long the conversations are.
const BATCH_AT_MOST: usize = 1000;

/// One line of a list.
#[derive(Debug, Clone)]
pub struct Line {
    /// What it is.
    pub head: Head,
    /// Its newest message that fits what was asked.
    pub newest: Summary,
    /// How many of its messages the viewer sees.
    pub messages: i64,
    /// How many of those are not read.
    pub unread: i64,
    /// One of them has an attachment.
    pub has_attachment: bool,
    /// One of them is private.
    pub private: bool,
    /// The dossiers that they are in, with their names.
    pub dossiers: Vec<(DossierKey, String)>,
}

/// How many conversations wait, each at most [`COUNTED_AT_MOST`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Open and in sight.
    pub open: i64,
    /// Of those, the viewer's.
    pub mine: i64,
    /// Of those, nobody's.
    pub unassigned: i64,
    /// Out of sight for now.
    pub snoozed: i64,
}

/// The conversations of which a message that the viewer sees fits the filter, newest such message first; that message is
/// the cursor.
pub async fn list(
    tx: &mut Tx,
    viewer: &Viewer,
    filter: &Filter,
    before: Option<MessageKey>,
    limit: usize,
) -> Result<(Vec<Line>, Option<MessageKey>), StoreError> {
    let (mut met, mut chosen) = (HashSet::new(), Vec::new());
    let (mut from, mut batch) = (before, limit + 1);
    while chosen.len() <= limit {
        let keys = search::keys(tx, viewer, filter, from, batch).await?;
        for (message, conversation) in conversations_of(tx, viewer, &keys).await? {
            let is_first = met.insert(conversation);
            if is_first && !was_before(tx, viewer, filter, conversation, message, before).await? {
                chosen.push((conversation, message));
            }
        }
        if keys.len() < batch {
            break;
        }
        from = keys.last().copied();
        batch = (batch * 2).min(BATCH_AT_MOST);
    }
    let (chosen, next) = page::cut(chosen, limit, |(_, newest)| *newest);
    Ok((lines(tx, viewer, &chosen).await?, next))
}

/// How many conversations wait for the viewer, in one account or in all of theirs.
pub async fn counts(tx: &mut Tx, viewer: &Viewer, account: Option<AccountKey>, now: i64) -> Result<Counts, StoreError> {
    let open = "c.state = 'open' AND (c.snoozed_until_at IS NULL OR c.snoozed_until_at <= $4)";
    let mut counted = [0; 4];
    let conditions = [
        open.to_owned(),
        // Said so that SQLite begins with what is theirs, and not with everything.
        format!(
            "{open} AND c.id IN (SELECT a.id FROM conversations a WHERE a.organisation = $1 AND a.assignee = $2 AND a.state = 'open')"
        ),
        format!("{open} AND c.assignee IS NULL"),
        "c.snoozed_until_at > $4".to_owned(),
    ];
    for (count, condition) in counted.iter_mut().zip(conditions) {
        let sql = format!(
            "SELECT COUNT(*) FROM (SELECT c.id FROM conversations c WHERE c.organisation = $1 AND c.merged_into IS NULL
                 AND {condition} AND EXISTS (SELECT 1 FROM messages m WHERE m.organisation = $1
                     AND m.conversation = c.id AND m.gone_at IS NULL
                     AND (CAST($3 AS BIGINT) IS NULL OR m.account = $3) AND {})
                 LIMIT {COUNTED_AT_MOST}) waiting",
            visible("m")
        );
        let values = vals![viewer.organisation, viewer.user, account, now];
        *count = tx.row(&sql, &values).await?.map_or(0, |row| row.int(0));
    }
    let [open, mine, unassigned, snoozed] = counted;
    Ok(Counts { open, mine, unassigned, snoozed })
}

async fn conversations_of(
    tx: &mut Tx,
    viewer: &Viewer,
    messages: &[MessageKey],
) -> Result<Vec<(MessageKey, ConversationKey)>, StoreError> {
    let lists: Vec<_> = messages.iter().map(|message| vals![viewer.organisation, *message].to_vec()).collect();
    let sql = "SELECT conversation FROM messages WHERE organisation = $1 AND id = $2";
    let found = tx.rows_many(sql, &lists).await?;
    let with =
        |(message, rows): (&MessageKey, Vec<crate::Row>)| Some((*message, ConversationKey(rows.first()?.int(0))));
    Ok(messages.iter().zip(found).filter_map(with).collect())
}

/// Whether an earlier page showed the conversation already, at a newer message that fits.
async fn was_before(
    tx: &mut Tx,
    viewer: &Viewer,
    filter: &Filter,
    conversation: ConversationKey,
    message: MessageKey,
    before: Option<MessageKey>,
) -> Result<bool, StoreError> {
    let Some(before) = before else { return Ok(false) };
    let sql = "SELECT 1 FROM messages WHERE organisation = $1 AND conversation = $2 AND id >= $3 LIMIT 1";
    if tx.row(sql, &vals![viewer.organisation, conversation, before]).await?.is_none() {
        return Ok(false);
    }
    let of_it = Filter { conversation: Some(conversation), ..filter.clone() };
    Ok(search::keys(tx, viewer, &of_it, None, 1).await?.first() != Some(&message))
}

async fn lines(
    tx: &mut Tx,
    viewer: &Viewer,
    chosen: &[(ConversationKey, MessageKey)],
) -> Result<Vec<Line>, StoreError> {
    let newest: Vec<MessageKey> = chosen.iter().map(|(_, message)| *message).collect();
    let newest = message::summaries(tx, viewer, &newest).await?;
    let lists: Vec<_> =
        newest.iter().map(|line| vals![viewer.organisation, viewer.user, line.conversation].to_vec()).collect();
    let visible = visible("m");
    let sql = format!(
        "SELECT {COLUMNS}, COUNT(*), COUNT(CASE WHEN (m.flags & 1) = 0 THEN 1 END),
             COUNT(CASE WHEN m.attachments > 0 THEN 1 END), COUNT(CASE WHEN m.private THEN 1 END)
         FROM conversations c JOIN messages m ON m.organisation = c.organisation AND m.conversation = c.id
         WHERE c.organisation = $1 AND c.id = $3 AND m.gone_at IS NULL AND {visible} GROUP BY {COLUMNS}"
    );
    let heads = tx.rows_many(&sql, &lists).await?;
    // CROSS JOIN: SQLite must begin with the few messages, not with all links.
    let sql = format!(
        "SELECT DISTINCT d.id, d.name FROM messages m CROSS JOIN links l CROSS JOIN dossiers d
         WHERE m.organisation = $1 AND m.conversation = $3 AND m.gone_at IS NULL AND {visible}
         AND l.organisation = m.organisation AND l.message = m.id AND l.is_dossier AND NOT l.removed
         AND d.organisation = l.organisation AND d.id = l.target ORDER BY d.id"
    );
    let dossiers = tx.rows_many(&sql, &lists).await?;
    let conversations: Vec<ConversationKey> = newest.iter().map(|line| line.conversation).collect();
    let mut called = own_subjects(tx, viewer, &conversations).await?;
    let mut found = Vec::with_capacity(chosen.len());
    for ((newest, rows), dossiers) in newest.into_iter().zip(heads).zip(dossiers) {
        let Some(row) = rows.into_iter().next() else { continue };
        let own = called.remove(&newest.conversation);
        found.push(Line {
            newest,
            messages: row.int(6),
            unread: row.int(7),
            has_attachment: row.int(8) > 0,
            private: row.int(9) > 0,
            head: match own {
                Some(subject) => Head { subject, ..head(row) },
                None => head(row),
            },
            dossiers: dossiers.into_iter().map(|mut row| (DossierKey(row.int(0)), row.text(1))).collect(),
        });
    }
    Ok(found)
}
