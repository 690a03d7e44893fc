//! Submissions as people see them. Whoever may read or send by the account sees its outbox.

use super::{Field, Kind, State, WaitsFor};
use crate::{
    Row, StoreError, Tx, page, vals,
    viewer::{READABLE, SENDABLE, Viewer},
};
use mail::{AccountKey, ConversationKey, DossierKey, MessageKey, OrganisationKey, OutboxKey, UserKey};
use serde_json::Value;

/// A submission.
#[derive(Debug, Clone)]
pub struct Submission {
    /// Its key.
    pub id: OutboxKey,
    /// By which account it leaves.
    pub account: AccountKey,
    /// Who wrote it.
    pub created_by: Option<UserKey>,
    /// What kind of mail it is.
    pub kind: Kind,
    /// Where it stands.
    pub state: State,
    /// Waiting: not before this moment.
    pub not_before_at: i64,
    /// What it waits for.
    pub waits_for: Option<WaitsFor>,
    /// Our Message-ID.
    pub message_id: String,
    /// The digest of the frozen bytes.
    pub digest: Vec<u8>,
    /// How many they are.
    pub size: i64,
    /// The envelope's sender.
    pub return_path: String,
    /// The subject.
    pub subject: String,
    /// `{from, to, cc, bcc}` as the author sees them.
    pub people: Value,
    /// The conversation that it belongs to.
    pub conversation: Option<ConversationKey>,
    /// The message that it answers.
    pub reply_to_message: Option<MessageKey>,
    /// The dossier that it belongs to.
    pub dossier: Option<DossierKey>,
    /// What the server said last.
    pub server_said: Option<String>,
    /// When it was handed over.
    pub created_at: i64,
    /// When it last moved.
    pub updated_at: i64,
    /// Who it is for.
    pub recipients: Vec<Recipient>,
    /// What was tried.
    pub attempts: Vec<Attempt>,
}

/// A recipient of a submission.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// Its number in the submission.
    pub n: i64,
    /// The address.
    pub address: String,
    /// Where it stood on the letter.
    pub field: Field,
    /// Where it stands.
    pub state: State,
    /// What a server said of it.
    pub server_said: Option<String>,
    /// When we heard that they call it unwanted, in milliseconds since 1970.
    pub complained_at: Option<i64>,
}

/// One try.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// When it began.
    pub began_at: i64,
    /// When it ended.
    pub ended_at: Option<i64>,
    /// The reply code.
    pub code: Option<i64>,
    /// What the server said.
    pub server_said: Option<String>,
}

/// Which submissions are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    /// Of this account.
    pub account: Option<AccountKey>,
    /// In this state.
    pub state: Option<State>,
    /// Of this conversation.
    pub conversation: Option<ConversationKey>,
}

const COLUMNS: &str = "id, account, created_by, kind, state, not_before_at, waits_for, message_id, digest, size,
    return_path, subject, people, conversation, reply_to_message, dossier, server_said, created_at, updated_at";

/// The submission, when the viewer may see it.
pub async fn get(tx: &mut Tx, viewer: &Viewer, id: OutboxKey) -> Result<Submission, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM outbox WHERE organisation = $1 AND id = $3
         AND (account IN {READABLE} OR account IN {SENDABLE})"
    );
    let row = tx.row(&sql, &vals![viewer.organisation, viewer.user, id]).await?.ok_or(StoreError::NotFound)?;
    let mut found = vec![read(row)?];
    complete(tx, viewer.organisation, &mut found).await?;
    found.pop().ok_or(StoreError::NotFound)
}

/// The submission, for the program itself.
pub async fn load(tx: &mut Tx, organisation: OrganisationKey, id: OutboxKey) -> Result<Submission, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM outbox WHERE organisation = $1 AND id = $2");
    let row = tx.row(&sql, &vals![organisation, id]).await?.ok_or(StoreError::NotFound)?;
    let mut found = vec![read(row)?];
    complete(tx, organisation, &mut found).await?;
    found.pop().ok_or(StoreError::NotFound)
}

/// The submissions that the viewer may see, newest first.
pub async fn list(
    tx: &mut Tx,
    viewer: &Viewer,
    filter: &Filter,
    before: Option<OutboxKey>,
    limit: usize,
) -> Result<(Vec<Submission>, Option<OutboxKey>), StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM outbox WHERE organisation = $1 AND id < $3
         AND (account IN {READABLE} OR account IN {SENDABLE})
         AND (CAST($4 AS BIGINT) IS NULL OR account = $4) AND (CAST($5 AS TEXT) IS NULL OR state = $5)
         AND (CAST($6 AS BIGINT) IS NULL OR conversation = $6) ORDER BY id DESC LIMIT $7"
    );
    let before = before.map_or(i64::MAX, |key| key.0);
    let values = vals![
        viewer.organisation,
        viewer.user,
        before,
        filter.account,
        filter.state.map(State::as_str),
        filter.conversation,
        limit + 1
    ];
    let found = tx.rows(&sql, &values).await?.into_iter().map(read).collect::<Result<_, _>>()?;
    let (mut found, next) = page::cut(found, limit, |submission: &Submission| submission.id);
    complete(tx, viewer.organisation, &mut found).await?;
    Ok((found, next))
}

/// The submission with this Message-ID: what a report or an answer cites.
pub async fn by_message_id(
    tx: &mut Tx,
    organisation: OrganisationKey,
    message_id: &str,
) -> Result<Option<OutboxKey>, StoreError> {
    let sql = "SELECT id FROM outbox WHERE organisation = $1 AND message_id = $2 ORDER BY id LIMIT 1";
    Ok(tx.row(sql, &vals![organisation, message_id]).await?.map(|row| OutboxKey(row.int(0))))
}

fn read(mut row: Row) -> Result<Submission, StoreError> {
    let people = row.text(12);
    Ok(Submission {
        id: OutboxKey(row.int(0)),
        account: AccountKey(row.int(1)),
        created_by: row.opt_int(2).map(UserKey),
        kind: Kind::from_name(&row.text(3)),
        state: state(&row.text(4))?,
        not_before_at: row.int(5),
        waits_for: row.opt_text(6).and_then(|name| WaitsFor::from_name(&name)),
        message_id: row.text(7),
        digest: row.bytes(8),
        size: row.int(9),
        return_path: row.text(10),
        subject: row.text(11),
        people: serde_json::from_str(&people).map_err(|error| StoreError::Damaged(error.to_string()))?,
        conversation: row.opt_int(13).map(ConversationKey),
        reply_to_message: row.opt_int(14).map(MessageKey),
        dossier: row.opt_int(15).map(DossierKey),
        server_said: row.opt_text(16),
        created_at: row.int(17),
        updated_at: row.int(18),
        recipients: Vec::new(),
        attempts: Vec::new(),
    })
}

/// Adds the recipients and the tries.
async fn complete(
    tx: &mut Tx,
    organisation: OrganisationKey,
    submissions: &mut [Submission],
) -> Result<(), StoreError> {
    let lists: Vec<_> = submissions.iter().map(|one| vals![organisation, one.id].to_vec()).collect();
    let sql = "SELECT n, address, field, state, server_said, complained_at FROM outbox_recipients
               WHERE organisation = $1 AND submission = $2 ORDER BY n";
    let recipients = tx.rows_many(sql, &lists).await?;
    let sql = "SELECT began_at, ended_at, code, server_said FROM attempts
               WHERE organisation = $1 AND submission = $2 ORDER BY n";
    let attempts = tx.rows_many(sql, &lists).await?;
    for ((submission, recipients), attempts) in submissions.iter_mut().zip(recipients).zip(attempts) {
        for mut row in recipients {
            submission.recipients.push(Recipient {
                n: row.int(0),
                address: row.text(1),
                field: Field::from_name(&row.text(2)),
                state: shown(submission.state, state(&row.text(3))?),
                server_said: row.opt_text(4),
                complained_at: row.opt_int(5),
            });
        }
        submission.attempts = attempts
            .into_iter()
            .map(|mut row| Attempt {
                began_at: row.int(0),
                ended_at: row.opt_int(1),
                code: row.opt_int(2),
                server_said: row.opt_text(3),
            })
            .collect();
    }
    Ok(())
}

/// A recipient who waits is being sent to, or held, when the submission is: one write less a try.
fn shown(submission: State, recipient: State) -> State {
    match (submission, recipient) {
        (State::Sending | State::Held, State::Waiting) => submission,
        _ => recipient,
    }
}

fn state(name: &str) -> Result<State, StoreError> {
    State::from_name(name).ok_or_else(|| StoreError::Damaged(format!("no state of mail is called {name}")))
}
