//! Beginning, saving and letting go of drafts. What was saved elsewhere meanwhile is never overwritten unseen.

use super::{Draft, Letter, NewFile, file, get, people};
use crate::{StoreError, Tx, vals, viewer::Viewer};
use mail::{DraftKey, OrganisationKey, OutboxKey};

/// Handed over and sent: its author needs it no longer than this, in milliseconds.
const AFTERLIFE: i64 = 86_400_000;

/// Keeps a new draft with its files, under a key that its page was given. The same draft twice is there once.
pub async fn create(
    tx: &mut Tx,
    viewer: &Viewer,
    id: DraftKey,
    letter: &Letter,
    files: &[NewFile],
    now: i64,
) -> Result<Draft, StoreError> {
    let sql = "INSERT INTO drafts (organisation, id, author, version, account, people, subject, text, html, source,
                   forwards, quotes, created_at, updated_at)
               VALUES ($1, $2, $3, 1, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12) ON CONFLICT DO NOTHING";
    let values = vals![
        viewer.organisation,
        id,
        viewer.user,
        letter.account,
        people(letter),
        &letter.subject,
        letter.text.as_ref(),
        letter.html.as_ref(),
        letter.source,
        letter.forwards,
        letter.quotes,
        now
    ];
    if tx.execute(sql, &values).await? == 0 {
        return unchanged(tx, viewer, id, letter).await;
    }
    for (n, new) in files.iter().enumerate() {
        file::insert(tx, viewer, id, n as i64, new).await?;
    }
    get(tx, viewer, id).await
}

/// Saves a draft that is still as it was in that version; `Conflict` when it was changed elsewhere, or sent.
pub async fn save(
    tx: &mut Tx,
    viewer: &Viewer,
    id: DraftKey,
    version: i64,
    letter: &Letter,
    now: i64,
) -> Result<Draft, StoreError> {
    let sql = "UPDATE drafts SET version = version + 1, account = $5, people = $6, subject = $7, text = $8, html = $9,
                   source = $10, forwards = $11, quotes = $12, updated_at = $13
               WHERE organisation = $1 AND author = $2 AND id = $3 AND version = $4 AND submission IS NULL";
    let values = vals![
        viewer.organisation,
        viewer.user,
        id,
        version,
        letter.account,
        people(letter),
        &letter.subject,
        letter.text.as_ref(),
        letter.html.as_ref(),
        letter.source,
        letter.forwards,
        letter.quotes,
        now
    ];
    if tx.execute(sql, &values).await? == 0 {
        return unchanged(tx, viewer, id, letter).await;
    }
    get(tx, viewer, id).await
}

/// What is there, when it says the same already.
async fn unchanged(tx: &mut Tx, viewer: &Viewer, id: DraftKey, letter: &Letter) -> Result<Draft, StoreError> {
    let there = get(tx, viewer, id).await?;
    if there.letter == *letter {
        return Ok(there);
    }
    Err(match there.submission {
        Some(_) => StoreError::Conflict {
            field: "id",
            code: "draft_sent",
            message: "This draft was handed over for sending.".to_owned(),
        },
        None => StoreError::Conflict {
            field: "version",
            code: "draft_changed",
            message: "This draft was saved elsewhere meanwhile.".to_owned(),
        },
    })
}

/// Throws a draft away. One that was handed over is taken back first.
pub async fn remove(tx: &mut Tx, viewer: &Viewer, id: DraftKey) -> Result<(), StoreError> {
    let draft = get(tx, viewer, id).await?;
    if draft.submission.is_some() {
        return Err(StoreError::Conflict {
            field: "id",
            code: "draft_sent",
            message: "This draft was handed over for sending.".to_owned(),
        });
    }
    forget(tx, viewer.organisation, id).await
}

async fn forget(tx: &mut Tx, organisation: OrganisationKey, id: DraftKey) -> Result<(), StoreError> {
    let values = vals![organisation, id];
    tx.execute("DELETE FROM draft_files WHERE organisation = $1 AND draft = $2", &values).await?;
    tx.execute("DELETE FROM drafts WHERE organisation = $1 AND id = $2", &values).await?;
    Ok(())
}

/// Notes what the draft was handed over as, in the unit of work that keeps the submission; `Conflict` when it was saved
/// or handed over by somebody else in between.
pub async fn hand_over(
    tx: &mut Tx,
    viewer: &Viewer,
    id: DraftKey,
    version: i64,
    submission: OutboxKey,
    now: i64,
) -> Result<(), StoreError> {
    let sql = "UPDATE drafts SET submission = $5, updated_at = $6 WHERE organisation = $1 AND author = $2 AND id = $3
               AND version = $4 AND submission IS NULL";
    let values = vals![viewer.organisation, viewer.user, id, version, submission, now];
    if tx.execute(sql, &values).await? == 1 {
        return Ok(());
    }
    Err(StoreError::Conflict {
        field: "version",
        code: "draft_changed",
        message: "This draft was saved elsewhere meanwhile.".to_owned(),
    })
}

/// Gives the viewer's draft back that was handed over as this, if there is one. Its version grows, so that it can be
/// sent again.
pub async fn take_back(
    tx: &mut Tx,
    viewer: &Viewer,
    submission: OutboxKey,
    now: i64,
) -> Result<Option<DraftKey>, StoreError> {
    let Some(id) = super::of_submission(tx, viewer, submission).await? else { return Ok(None) };
    let sql = "UPDATE drafts SET submission = NULL, version = version + 1, updated_at = $3
               WHERE organisation = $1 AND id = $2";
    tx.execute(sql, &vals![viewer.organisation, id, now]).await?;
    Ok(Some(id))
}

/// Forgets drafts a day after they were sent, and says how many.
pub async fn sweep(tx: &mut Tx, now: i64) -> Result<usize, StoreError> {
    let sql = "SELECT d.organisation, d.id FROM drafts d
               JOIN outbox o ON o.organisation = d.organisation AND o.id = d.submission
               WHERE o.state IN ('accepted', 'delivered', 'cancelled') AND o.updated_at <= $1 LIMIT 1000";
    let rows = tx.rows(sql, &vals![now - AFTERLIFE]).await?;
    for row in &rows {
        forget(tx, OrganisationKey(row.int(0)), DraftKey(row.int(1))).await?;
    }
    Ok(rows.len())
}
