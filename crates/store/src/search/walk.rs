//! Which index a question walks. Every walk is in key order, newest first, and stops after the page asked for.

use super::{
    condition::{Conditions, accounts_named},
    postgres, sqlite,
};
use crate::{Dialect, StoreError, Tx, Val, Viewer, conversation::Standing, message::Filter, vals};
use mail::{AccountKey, FolderKey, MessageKey, query::Term};
use std::collections::BTreeSet;

/// So many walks side by side, one an account or folder, cost less than walking past everybody's messages.
const SIDE_BY_SIDE: usize = 48;
/// So many conversations are found and sorted sooner than they are met by walking.
const FEW: usize = 500;
/// Hits that are looked at without asking the index whose they are.
const NEWEST: usize = 400;
/// Below the second in a message's key, see `receive`.
const SECOND_SHIFT: u32 = 30;
const SECONDS: i64 = 0x1_ffff_ffff;
/// `$1` organisation, `$2` user, `$3` and `$6` the keys between which it walks, `$4` limit, `$5` what the walk needs.
const FIRST_VALUE: usize = 7;

/// The keys of the messages that the viewer may see and the filter asks for, newest first, older than `before`.
pub(crate) async fn keys(
    tx: &mut Tx,
    viewer: &Viewer,
    filter: &Filter,
    before: Option<MessageKey>,
    limit: usize,
) -> Result<Vec<MessageKey>, StoreError> {
    let rights = viewer.rights(tx).await?;
    let terms = filter.query.as_ref().map_or(&[][..], |query| &query.terms);
    let accounts = narrowed(tx, viewer, filter, terms, rights.read).await?;
    if accounts.is_empty() || limit == 0 {
        return Ok(Vec::new());
    }
    let mut conditions = Conditions::new(FIRST_VALUE);
    conditions.privacy(&accounts, &rights.manage);
    for term in terms.iter().filter(|term| !matches!(term, Term::Account(_) | Term::AccountNamed(_))) {
        conditions.term(tx, viewer, &accounts, term).await?;
    }
    let words: Vec<&Term> = terms.iter().filter(|term| is_words(term)).collect();
    let (after, before) = between(terms, before);
    let mut walk = Walk { viewer, after, before, limit, conditions };
    if !words.is_empty() {
        walk.conditions.filter(filter);
        return walk.words(tx, &words, &accounts).await;
    }
    if let Some(conversation) = filter.conversation {
        walk.conditions.accounts(&accounts);
        walk.conditions.filter(&Filter { conversation: None, ..filter.clone() });
        return walk.table(tx, "m.conversation = $5", &[conversation.0]).await;
    }
    if let Some(few) = few_conversations(tx, viewer, filter.standing.as_ref()).await? {
        walk.conditions.accounts(&accounts);
        walk.conditions.filter(filter);
        return walk.table(tx, "m.conversation = $5", &few).await;
    }
    if let Some(contact) = filter.contact {
        walk.conditions.accounts(&accounts);
        walk.conditions.filter(&Filter { contact: None, ..filter.clone() });
        return walk.links(tx, contact.0).await;
    }
    if let Some(dossier) = filter.dossier {
        walk.conditions.accounts(&accounts);
        walk.conditions.filter(&Filter { dossier: None, ..filter.clone() });
        return walk.links(tx, dossier.0).await;
    }
    if filter.unread == Some(true) {
        walk.conditions.filter(filter);
        return walk.accounts(tx, &accounts).await;
    }
    let folders = folders(tx, viewer, filter, &accounts).await?;
    match folders {
        Some(folders) if folders.len() <= SIDE_BY_SIDE => {
            walk.conditions.accounts(&accounts);
            walk.conditions.filter(&Filter { folder: None, role: None, ..filter.clone() });
            walk.folders(tx, &folders).await
        }
        _ => {
            walk.conditions.filter(filter);
            walk.accounts(tx, &accounts).await
        }
    }
}

/// Where a standing names few conversations, it is those that are walked: somebody's, what is out of sight, what is closed (or
/// open still). Of many, a walk past the newest messages soon meets enough.
async fn few_conversations(
    tx: &mut Tx,
    viewer: &Viewer,
    standing: Option<&Standing>,
) -> Result<Option<Vec<i64>>, StoreError> {
    let organisation = viewer.organisation;
    let (which, values) = match standing {
        Some(Standing { assignee: Some(Some(user)), state: None, .. }) => {
            ("assignee = $2", vals![organisation, *user].to_vec())
        }
        Some(Standing { assignee: Some(Some(user)), state: Some(state), .. }) => {
            ("assignee = $2 AND state = $3", vals![organisation, *user, state.as_str()].to_vec())
        }
        Some(Standing { snoozed: Some(true), now, .. }) => {
            ("snoozed_until_at > $2", vals![organisation, *now].to_vec())
        }
        Some(Standing { state: Some(state), .. }) => ("state = $2", vals![organisation, state.as_str()].to_vec()),
        _ => return Ok(None),
    };
    let sql = format!("SELECT id FROM conversations WHERE organisation = $1 AND {which} LIMIT {}", FEW + 1);
    let found = tx.rows(&sql, &values).await?;
    Ok((found.len() <= FEW).then(|| found.iter().map(|row| row.int(0)).collect()))
}

/// The keys between which all must lie: a key begins with the second the server received the message, so that an instant
/// bounds the walk itself. The conditions say it again to the millisecond.
fn between(terms: &[Term], before: Option<MessageKey>) -> (i64, i64) {
    let key = |second: i64| second.clamp(0, SECONDS) << SECOND_SHIFT;
    let (mut first, mut end) = (0, before.map_or(i64::MAX, |before| before.0));
    for term in terms {
        match term {
            Term::After(instant) => first = first.max(key(instant.div_euclid(1000))),
            Term::Before(instant) => end = end.min(key(instant.div_euclid(1000) + 1)),
            _ => {}
        }
    }
    (first, end)
}

fn is_words(term: &Term) -> bool {
    match term {
        Term::Words { .. } => true,
        Term::Not(term) => matches!(**term, Term::Words { .. }),
        _ => false,
    }
}

/// The readable accounts that the filter and the query leave.
async fn narrowed(
    tx: &mut Tx,
    viewer: &Viewer,
    filter: &Filter,
    terms: &[Term],
    mut accounts: Vec<AccountKey>,
) -> Result<Vec<AccountKey>, StoreError> {
    if let Some(account) = filter.account {
        accounts.retain(|readable| *readable == account);
    }
    for term in terms {
        match term {
            Term::Account(account) => accounts.retain(|readable| readable == account),
            Term::AccountNamed(words) => {
                let named = accounts_named(tx, viewer.organisation, &accounts, words).await?;
                accounts.retain(|readable| named.contains(&readable.0));
            }
            _ => {}
        }
    }
    Ok(accounts)
}

/// The folders to walk when the filter names a folder or a role, among those of the accounts.
async fn folders(
    tx: &mut Tx,
    viewer: &Viewer,
    filter: &Filter,
    accounts: &[AccountKey],
) -> Result<Option<Vec<FolderKey>>, StoreError> {
    if filter.folder.is_none() && filter.role.is_none() {
        return Ok(None);
    }
    let sql = "SELECT id FROM folders WHERE organisation = $1 AND account = $2 AND (id = $3 OR $3 IS NULL) \
         AND (role = $4 OR $4 IS NULL)";
    let role = filter.role.map(|role| role.as_str());
    let lists: Vec<_> =
        accounts.iter().map(|account| vals![viewer.organisation, *account, filter.folder, role].to_vec()).collect();
    let rows = tx.rows_many(sql, &lists).await?;
    Ok(Some(rows.iter().flatten().map(|row| FolderKey(row.int(0))).collect()))
}

struct Walk<'a> {
    viewer: &'a Viewer,
    after: i64,
    before: i64,
    limit: usize,
    conditions: Conditions,
}

impl Walk<'_> {
    fn values(&self, own: Val<'static>) -> Vec<Val<'static>> {
        let mut values = vec![self.viewer.organisation.into(), self.viewer.user.into(), self.before.into()];
        values.extend([self.limit.into(), own, self.after.into()]);
        values.extend(self.conditions.values.iter().cloned());
        values
    }

    /// Through the index of words.
    async fn words(
        &mut self,
        tx: &mut Tx,
        words: &[&Term],
        accounts: &[AccountKey],
    ) -> Result<Vec<MessageKey>, StoreError> {
        self.conditions.accounts(accounts);
        let conditions = self.conditions.text();
        match tx.dialect() {
            Dialect::Sqlite => {
                let sql = format!(
                    "SELECT s.rowid FROM search s CROSS JOIN messages m ON m.id = s.rowid WHERE s.search MATCH $5 \
                     AND s.rowid < $3 AND s.rowid >= $6 AND m.organisation = $1 AND CAST($2 AS BIGINT) IS NOT NULL AND m.gone_at IS NULL{conditions} \
                     ORDER BY s.rowid DESC LIMIT $4"
                );
                self.words_in_sqlite(tx, &sql, words, accounts).await
            }
            Dialect::Postgres => {
                // How many messages have a word differs by a factor of a million: each query needs its own plan.
                tx.script("SET LOCAL plan_cache_mode = force_custom_plan").await?;
                let sql = format!(
                    "SELECT s.message FROM search s JOIN messages m ON m.organisation = s.organisation \
                     AND m.id = s.message WHERE s.organisation = $1 AND s.words @@ $5::text::tsquery AND s.message < $3 AND s.message >= $6 \
                     AND CAST($2 AS BIGINT) IS NOT NULL AND m.gone_at IS NULL{conditions} ORDER BY s.message DESC LIMIT $4"
                );
                let wanted = postgres::query_text(words, accounts);
                self.ask(tx, &sql, vec![self.values(wanted.into())]).await
            }
        }
    }

    /// A match that says whose the messages are costs as much for each account as a word that all its messages have. So
    /// the newest hits are looked at without it, which is enough for whoever sees a fair part of the mail, and only what
    /// lies behind them with it. The row of each message is asked in any case.
    async fn words_in_sqlite(
        &mut self,
        tx: &mut Tx,
        sql: &str,
        words: &[&Term],
        accounts: &[AccountKey],
    ) -> Result<Vec<MessageKey>, StoreError> {
        let scoped = sqlite::match_text(words, Some(accounts));
        if words.iter().all(|term| matches!(term, Term::Not(_))) {
            return self.ask(tx, sql, vec![self.values(scoped.into())]).await;
        }
        let open = sqlite::match_text(words, None);
        if sqlite::are_all(tx, accounts).await? {
            return self.ask(tx, sql, vec![self.values(open.into())]).await;
        }
        let (first, end) = (self.after, self.before);
        let Some(far) = sqlite::hit(tx, &open, (first, end), NEWEST).await? else {
            return self.ask(tx, sql, vec![self.values(open.into())]).await;
        };
        self.after = far;
        let mut found = self.ask(tx, sql, vec![self.values(open.into())]).await?;
        if found.len() < self.limit {
            (self.after, self.before) = (first, far);
            let rest = self.limit - found.len();
            found.extend(self.ask(tx, sql, vec![self.values(scoped.into())]).await?.into_iter().take(rest));
        }
        Ok(found)
    }

    /// Through an index of messages, once for each of these keys.
    async fn table(&self, tx: &mut Tx, by: &str, of: &[i64]) -> Result<Vec<MessageKey>, StoreError> {
        let sql = format!(
            "SELECT m.id FROM messages m WHERE m.organisation = $1 AND CAST($2 AS BIGINT) IS NOT NULL AND {by} AND m.id < $3 AND m.id >= $6 \
             AND m.gone_at IS NULL{} ORDER BY m.id DESC LIMIT $4",
            self.conditions.text()
        );
        self.ask(tx, &sql, of.iter().map(|key| self.values(Val::Int(*key))).collect()).await
    }

    /// Account by account; past everybody's messages when there are very many accounts.
    async fn accounts(&mut self, tx: &mut Tx, accounts: &[AccountKey]) -> Result<Vec<MessageKey>, StoreError> {
        if accounts.len() <= SIDE_BY_SIDE {
            let keys: Vec<i64> = accounts.iter().map(|account| account.0).collect();
            return self.table(tx, "m.account = $5", &keys).await;
        }
        self.conditions.accounts(accounts);
        self.table(tx, "CAST($5 AS BIGINT) IS NOT NULL", &[0]).await
    }

    /// Through the links of a contact or dossier.
    async fn links(&self, tx: &mut Tx, target: i64) -> Result<Vec<MessageKey>, StoreError> {
        let sql = format!(
            "SELECT l.message FROM links l JOIN messages m ON m.organisation = l.organisation AND m.id = l.message \
             WHERE l.organisation = $1 AND CAST($2 AS BIGINT) IS NOT NULL AND l.target = $5 AND NOT l.removed AND l.message < $3 AND l.message >= $6 \
             AND m.gone_at IS NULL{} ORDER BY l.message DESC LIMIT $4",
            self.conditions.text()
        );
        self.ask(tx, &sql, vec![self.values(Val::Int(target))]).await
    }

    /// Through the places of each folder.
    async fn folders(&self, tx: &mut Tx, folders: &[FolderKey]) -> Result<Vec<MessageKey>, StoreError> {
        // A folder may hold a message twice; grouping in index order costs no sorting.
        let sql = format!(
            "SELECT p.message FROM places p JOIN messages m ON m.organisation = p.organisation AND m.id = p.message \
             WHERE p.organisation = $1 AND CAST($2 AS BIGINT) IS NOT NULL AND p.shown_in = $5 AND p.message < $3 AND p.message >= $6 AND m.gone_at IS NULL{} \
             GROUP BY p.message ORDER BY p.message DESC LIMIT $4",
            self.conditions.text()
        );
        self.ask(tx, &sql, folders.iter().map(|folder| self.values(Val::from(*folder))).collect()).await
    }

    /// Asks once for every list of values, and merges the answers.
    async fn ask(&self, tx: &mut Tx, sql: &str, lists: Vec<Vec<Val<'static>>>) -> Result<Vec<MessageKey>, StoreError> {
        let found: BTreeSet<i64> = tx.rows_many(sql, &lists).await?.iter().flatten().map(|row| row.int(0)).collect();
        Ok(found.into_iter().rev().take(self.limit).map(MessageKey).collect())
    }
}
