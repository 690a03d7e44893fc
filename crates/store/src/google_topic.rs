//! Where Google tells an organisation of new mail: a topic of Pub/Sub, and who brings its news to us.

use crate::{
    Row, StoreError, Topic, Tx,
    secret::{Keyring, TOPIC_KEY},
    vals,
};
use mail::{AccountKey, OrganisationKey, address::fold_address};
use zeroize::Zeroizing;

/// The topic of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoogleTopic {
    /// Whose it is.
    pub organisation: OrganisationKey,
    /// `projects/PROJECT/topics/NAME`.
    pub topic: String,
    /// The address of the service account that posts to us, or by which we fetch.
    pub pusher: String,
    /// `projects/PROJECT/subscriptions/NAME`, from which news are fetched; `None`: they are posted to us.
    pub subscription: Option<String>,
    /// When it was set, milliseconds since 1970.
    pub set_at: i64,
    /// When news last came, the same.
    pub told_at: Option<i64>,
    /// Why the last fetching failed.
    pub trouble: Option<String>,
}

/// What an administrator says of it.
#[derive(Debug, Clone)]
pub struct TopicSettings {
    /// As [`GoogleTopic::topic`].
    pub topic: String,
    /// As [`GoogleTopic::pusher`].
    pub pusher: String,
    /// As [`GoogleTopic::subscription`].
    pub subscription: Option<String>,
    /// The key file of the service account that fetches; `None`: what is kept.
    pub key: Option<Zeroizing<Vec<u8>>>,
}

/// How an account is kept that fetches from Gmail.
const GMAIL: &str = "{\"kind\":\"gmail\"}";
const COLUMNS: &str = "organisation, topic, pusher, subscription, set_at, told_at, trouble";

/// The organisation's topic, when it has one.
pub async fn get(tx: &mut Tx, organisation: OrganisationKey) -> Result<Option<GoogleTopic>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM google_topics WHERE organisation = $1");
    Ok(tx.row(&sql, &vals![organisation]).await?.map(read))
}

/// Keeps it. `new`: the key of its row, when there is none yet.
pub async fn set(
    tx: &mut Tx,
    keys: &Keyring,
    organisation: OrganisationKey,
    new: i64,
    settings: &TopicSettings,
    now: i64,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO google_topics (organisation, id, topic, pusher, subscription, set_at)
               VALUES ($1, $2, $3, $4, $5, $6)
               ON CONFLICT (organisation) DO UPDATE SET topic = $3, pusher = $4, subscription = $5, set_at = $6,
                   told_at = NULL, trouble = NULL,
                   reader_key = CASE WHEN CAST($5 AS TEXT) IS NULL THEN NULL ELSE google_topics.reader_key END
               RETURNING id";
    let TopicSettings { topic, pusher, subscription, key } = settings;
    let values = vals![organisation, new, topic.as_str(), pusher.as_str(), subscription.as_deref(), now];
    let id = tx.row(sql, &values).await?.ok_or(StoreError::NotFound)?.int(0);
    if let Some(key) = key {
        let sealed = keys.seal(tx, organisation, TOPIC_KEY, id, key).await?;
        let sql = "UPDATE google_topics SET reader_key = $2 WHERE organisation = $1";
        tx.execute(sql, &vals![organisation, sealed]).await?;
    }
    begin_anew(tx, organisation).await
}

/// The key file of the service account that fetches, when one is kept.
pub async fn open_key(
    tx: &mut Tx,
    keys: &Keyring,
    organisation: OrganisationKey,
) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
    let sql = "SELECT id, reader_key FROM google_topics WHERE organisation = $1";
    let Some(mut row) = tx.row(sql, &vals![organisation]).await? else { return Ok(None) };
    match row.opt_bytes(1) {
        Some(sealed) => keys.open(tx, organisation, TOPIC_KEY, row.int(0), &sealed).await.map(Some),
        None => Ok(None),
    }
}

/// Those whose news are fetched.
pub async fn fetched(tx: &mut Tx) -> Result<Vec<GoogleTopic>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM google_topics WHERE subscription IS NOT NULL ORDER BY organisation");
    Ok(tx.rows(&sql, &[]).await?.into_iter().map(read).collect())
}

/// Why fetching failed; `None`: it went well.
pub async fn note(tx: &mut Tx, organisation: OrganisationKey, trouble: Option<&str>) -> Result<(), StoreError> {
    let sql = "UPDATE google_topics SET trouble = $2 WHERE organisation = $1";
    tx.execute(sql, &vals![organisation, trouble]).await?;
    Ok(())
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

/// The organisations to which this service account posts news.
pub async fn brought_by(tx: &mut Tx, pusher: &str) -> Result<Vec<OrganisationKey>, StoreError> {
    let sql = "SELECT organisation FROM google_topics WHERE pusher = $1 AND subscription IS NULL ORDER BY organisation";
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
        subscription: row.opt_text(3),
        set_at: row.int(4),
        told_at: row.opt_int(5),
        trouble: row.opt_text(6),
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
