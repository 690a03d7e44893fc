//! The index in SQLite: FTS5 without content, its row id the message's key, so that its own order is newest first.

use crate::{StoreError, Tx, vals};
use mail::{
    AccountKey, MessageKey,
    query::{Field, Term},
    search::{SearchText, tokens},
};
use rusqlite::Connection;

/// Begins the token that says whose a message is. No folded text has this character, so nobody can look for it.
const SCOPE: char = '\u{e000}';
/// Begins a token of the sender in the same column.
const SENDER: char = '\u{e001}';

pub(super) async fn index(
    tx: &mut Tx,
    account: AccountKey,
    texts: &[(MessageKey, &SearchText)],
) -> Result<(), StoreError> {
    let sql = "INSERT INTO search (rowid, subject, sender, recipients, body, attachments, scope) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let scope = scope(account);
    let lists: Vec<_> = texts
        .iter()
        .map(|(key, text)| {
            let scope = tokens(&text.from).fold(scope.clone(), |scope, token| scope + " " + &sender(token));
            vals![*key, &text.subject, &text.from, &text.to, &text.body, &text.attachments, scope].to_vec()
        })
        .collect();
    tx.execute_many(sql, &lists).await?;
    Ok(())
}

pub(super) async fn forget(tx: &mut Tx, messages: &[MessageKey]) -> Result<(), StoreError> {
    let lists: Vec<_> = messages.iter().map(|key| vals![*key].to_vec()).collect();
    tx.execute_many("DELETE FROM search WHERE rowid = $1", &lists).await?;
    Ok(())
}

fn scope(account: AccountKey) -> String {
    format!("{SCOPE}{:x}", account.0)
}

/// A sender's token a second time, so that `from:` looks into a list of senders only: the words of an address, such as
/// its top-level domain, are in the text of nearly every message too.
fn sender(token: &str) -> String {
    format!("{SENDER}{token}")
}

/// Joins some segments of the index, as many pages as take a few milliseconds; `false` when there is nothing to join.
/// A question looks for each of its words in every segment, and the first fetch leaves dozens.
pub(crate) fn settle(connection: &Connection) -> Result<bool, StoreError> {
    let before = connection.total_changes();
    connection.prepare_cached("INSERT INTO search (search, rank) VALUES ('merge', 64)")?.execute([])?;
    // Documented (FTS5, §6.8): a merge that found nothing to do counts one change at most.
    Ok(connection.total_changes() - before >= 2)
}

/// Whether these are all the accounts of the installation, so that the match need not say whose: that costs as much as
/// a word that every message has. The row of each message is asked in any case.
pub(super) async fn are_all(tx: &mut Tx, accounts: &[AccountKey]) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) FROM (SELECT 1 FROM accounts LIMIT $1)";
    let known = tx.row(sql, &vals![accounts.len() + 1]).await?.map_or(0, |row| row.int(0));
    Ok(known <= accounts.len() as i64)
}

/// The key of the hit after so many newer ones, of those between the keys; `None` when there are fewer.
pub(super) async fn hit(
    tx: &mut Tx,
    wanted: &str,
    between: (i64, i64),
    after: usize,
) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT rowid FROM search WHERE search MATCH $1 AND rowid >= $2 AND rowid < $3 \
         ORDER BY rowid DESC LIMIT 1 OFFSET $4";
    Ok(tx.row(sql, &vals![wanted, between.0, between.1, after]).await?.map(|row| row.int(0)))
}

/// What MATCH gets: these words, in these accounts if it matters.
pub(super) fn match_text(words: &[&Term], accounts: Option<&[AccountKey]>) -> String {
    let scopes = accounts.map(scopes);
    let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
    for term in words {
        match term {
            Term::Not(term) => unwanted.extend(phrase(term)),
            term => wanted.extend(phrase(term)),
        }
    }
    wanted.extend(scopes);
    let wanted = wanted.join(" AND ");
    if unwanted.is_empty() { wanted } else { format!("({wanted}) NOT ({})", unwanted.join(" OR ")) }
}

fn scopes(accounts: &[AccountKey]) -> String {
    let scopes: Vec<String> = accounts.iter().map(|account| format!("\"{}\"", scope(*account))).collect();
    format!("({})", scopes.join(" OR "))
}

/// Tokens have letters and digits only, so that nothing in them can end the quotes.
fn phrase(term: &Term) -> Option<String> {
    let Term::Words { field, tokens, prefix } = term else { return None };
    let column = match field {
        Field::Anywhere => "",
        Field::Subject => "subject : ",
        Field::From => "scope : ",
        Field::To => "recipients : ",
        Field::Attachments => "attachments : ",
    };
    let tokens = tokens.iter().map(|token| token.replace('"', ""));
    let tokens: Vec<String> = tokens.map(|token| if *field == Field::From { sender(&token) } else { token }).collect();
    Some(format!("{column}\"{}\"{}", tokens.join(" "), if *prefix { " *" } else { "" }))
}
