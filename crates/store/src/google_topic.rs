//! Where Google tells an organisation of new mail: a topic of Pub/Sub, and who brings its news to us.

use crate::{Row, StoreError, Topic, Tx, vals};
use mail::{AccountKey, OrganisationKey, address::fold_address};

/// The topic of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoogleTopic {
    /// Whose it is.
    pub organisation: OrganisationKey,
    /// `projects/PROJECT/topics/NAME`.
    pub topic: String,
    /// The address of the service account that posts to us.
    pub pusher: String,
    /// When it was set, milliseconds since 1970.
    pub set_at: i64,
    /// When news last came, the same.
    pub told_at: Option<i64>,
}

/// How an account is kept that fetches from Gmail.
const GMAIL: &str = "{\"kind\":\"gmail\"}";
const COLUMNS: &str = "organisation, topic, pusher, set_at, told_at";

/// The organisation's topic, when it has one.
pub async fn get(tx: &mut Tx, organisation: OrganisationKey) -> Result<Option<GoogleTopic>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM google_topics WHERE organisation = $1");
    Ok(tx.row(&sql, &vals![organisation]).await?.map(read))
}

/// Keeps it.
pub async fn set(
    tx: &mut Tx,
    organisation: OrganisationKey,
    topic: &str,
    pusher: &str,
    now: i64,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO google_topics (organisation, topic, pusher, set_at) VALUES ($1, $2, $3, $4)
               ON CONFLICT (organisation) DO UPDATE SET topic = $2, pusher = $3, set_at = $4, told_at = NULL";
    tx.execute(sql, &vals![organisation, topic, pusher, now]).await?;
    begin_anew(tx, organisation).await
}

/// Whoever works on a mailbox of Gmail began with another topic, or none: it begins anew, as if somebody had saved it.
async fn begin_anew(tx: &mut Tx, organisation: OrganisationKey) -> Result<(), StoreError> {
    let sql = "UPDATE accounts SET version = version + 1 WHERE organisation = $1 AND incoming = $2";
    tx.execute(sql, &vals![organisation, GMAIL]).await?;
    tx.ring(Topic::Accounts);
    Ok(())
}

/// Forgets it.
pub async fn remove(tx: &mut Tx, organisation: OrganisationKey) -> Result<(), StoreError> {
    match tx.execute("DELETE FROM google_topics WHERE organisation = $1", &vals![organisation]).await? {
        0 => Err(StoreError::NotFound),
        _ => begin_anew(tx, organisation).await,
    }
}

/// The organisations to which this service account brings news.
pub async fn brought_by(tx: &mut Tx, pusher: &str) -> Result<Vec<OrganisationKey>, StoreError> {
    let sql = "SELECT organisation FROM google_topics WHERE pusher = $1 ORDER BY organisation";
    let rows = tx.rows(sql, &vals![pusher]).await?;
    Ok(rows.into_iter().map(|row| OrganisationKey(row.int(0))).collect())
}

/// News came: noted at most once a minute.
pub async fn told(tx: &mut Tx, organisation: OrganisationKey, now: i64) -> Result<(), StoreError> {
    let sql = "UPDATE google_topics SET told_at = $2 WHERE organisation = $1 AND (told_at IS NULL OR told_at < $3)";
    tx.execute(sql, &vals![organisation, now, now - 60_000]).await?;
    Ok(())
}

/// The active accounts of the organisation that fetch from Gmail under this address.
pub async fn accounts(
    tx: &mut Tx,
    organisation: OrganisationKey,
    address: &str,
) -> Result<Vec<AccountKey>, StoreError> {
    let sql = "SELECT id FROM accounts
               WHERE organisation = $1 AND active AND address_folded = $2 AND incoming = $3 ORDER BY id";
    let rows = tx.rows(sql, &vals![organisation, fold_address(address), GMAIL]).await?;
    Ok(rows.into_iter().map(|row| AccountKey(row.int(0))).collect())
}

fn read(mut row: Row) -> GoogleTopic {
    GoogleTopic {
        organisation: OrganisationKey(row.int(0)),
        topic: row.text(1),
        pusher: row.text(2),
        set_at: row.int(3),
        told_at: row.opt_int(4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Incoming;

    #[test]
    fn an_account_at_gmail_is_known_by_how_it_is_kept() {
        assert_eq!(serde_json::to_string(&Incoming::Gmail).unwrap(), GMAIL);
    }
}
