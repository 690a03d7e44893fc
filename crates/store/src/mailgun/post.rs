//! What Mailgun posted and was taken.

use super::{POST_TAKEN, Post};
use crate::{StoreError, Tx, vals};
use mail::{AccountKey, OrganisationKey};

/// Notes that a post is taken, in the unit of work in which what it brought is kept. `Conflict` when it was before.
pub async fn take_post(
    tx: &mut Tx,
    organisation: OrganisationKey,
    post: &Post,
    account: AccountKey,
    now: i64,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO mailgun_posts (organisation, domain, token, account, digest, taken_at)
               VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    let values = vals![organisation, post.domain, &post.token, account, &post.digest, now];
    if tx.execute(sql, &values).await? == 0 {
        let message = "This post was taken already.".to_owned();
        return Err(StoreError::Conflict { field: "token", code: POST_TAKEN, message });
    }
    if !post.is_posted {
        return Ok(());
    }
    let sql = "UPDATE mailgun_domains SET told_at = $3 WHERE organisation = $1 AND id = $2";
    tx.execute(sql, &vals![organisation, post.domain, now]).await?;
    Ok(())
}

/// What was posted with this token before: its digest, and into which mailboxes it went.
pub async fn taken(
    tx: &mut Tx,
    organisation: OrganisationKey,
    post: &Post,
) -> Result<Vec<(AccountKey, Vec<u8>)>, StoreError> {
    let sql = "SELECT account, digest FROM mailgun_posts WHERE organisation = $1 AND domain = $2 AND token = $3";
    let rows = tx.rows(sql, &vals![organisation, post.domain, &post.token]).await?;
    Ok(rows.into_iter().map(|mut row| (AccountKey(row.int(0)), row.bytes(1))).collect())
}

/// Forgets posts that were taken before a moment, when nobody would believe them any more.
pub async fn sweep(tx: &mut Tx, before: i64) -> Result<(), StoreError> {
    tx.execute("DELETE FROM mailgun_posts WHERE taken_at < $1", &vals![before]).await?;
    Ok(())
}
