//! The sender of a mailbox that Postkamer delivers itself: whose its address is, and what its domain publishes.

use super::super::id;
use crate::{
    AppState,
    api::instant::Instant,
    caller::Caller,
    given::{Given, Named},
    language::Spoken,
    problem::{Problem, ProblemBody},
};
use axum::{Json, extract::State};
use mail::AccountKey;
use mailroom::{
    accounts::sender::{self, By, Record, Seen, Sender, Stand},
    words::Language,
};
use serde::{Deserialize, Serialize};
use store::account::Account;
use utoipa::ToSchema;

/// Whether a mailbox that Postkamer delivers itself may send.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Verification)]
pub(super) struct VerificationShown {
    #[schema(value_type = VerificationState)]
    state: &'static str,
}

impl VerificationShown {
    pub(super) fn of(account: &Account) -> Option<VerificationShown> {
        let state = if account.sender_proven { "verified" } else { "unverified" };
        account.settings.is_delivered_here().then_some(VerificationShown { state })
    }
}

/// How far an address is.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes the names")]
enum VerificationState {
    /// Nothing leaves.
    Unverified,
    /// A code is under way; nothing leaves yet.
    CodeSent,
    /// It may send.
    Verified,
}

/// The sender of a mailbox that Postkamer delivers itself.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Sender)]
pub(super) struct SenderShown {
    address: String,
    domain: String,
    #[schema(value_type = VerificationState)]
    state: &'static str,
    /// What showed it: `code` or `domain`.
    #[schema(required)]
    by: Option<&'static str>,
    /// Until when the code that was sent works.
    #[schema(required)]
    code_ends_at: Option<Instant>,
    /// What the domain should publish.
    records: Vec<RecordShown>,
}

/// A record that a domain should publish.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SenderRecord)]
struct RecordShown {
    #[schema(value_type = PurposeName)]
    purpose: &'static str,
    /// `TXT`, `MX` or `PTR`.
    kind: &'static str,
    /// Its name; for `PTR` the address.
    name: String,
    /// What it says, ready to copy.
    value: String,
    #[schema(value_type = SeenName)]
    seen: &'static str,
    /// What is there instead, or what the DNS said.
    found: Vec<String>,
    /// What to know of it.
    #[schema(required)]
    remark: Option<String>,
}

/// What a record is for.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes the names; mailroom makes them")]
enum PurposeName {
    Ownership,
    Dkim,
    Spf,
    Dmarc,
    /// Where reports on mail that did not arrive come back.
    Bounces,
    Ptr,
}

/// What is there.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes the names")]
enum SeenName {
    /// Nobody looked.
    Unknown,
    Right,
    Missing,
    /// Something else is there.
    Other,
    /// The DNS did not say.
    Failed,
}

/// A code as it was typed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CodeForm {
    #[serde(default)]
    #[schema(required, max_length = 100, example = "K7QF-2MXA")]
    code: String,
}

/// The sender of a mailbox, by what is kept; nothing is looked up.
#[utoipa::path(get, path = "/accounts/{id}/sender", tag = "accounts", params(("id" = id::AccountId, Path)),
    responses(
        (status = 200, description = "How its address stands, and what its domain should publish.", body = SenderShown),
        (status = 409, description = "The mailbox does not send by Postkamer itself.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn get(
    State(state): State<AppState>,
    caller: Caller,
    Spoken(language): Spoken,
    Named(key): Named<AccountKey>,
) -> Result<Json<SenderShown>, Problem> {
    Ok(Json(SenderShown::of(sender::get(&state.room, &caller.viewer, key).await?, language)))
}

/// Mails a code to the address, which shows that it is the organisation's. At most three in an hour; each works for half
/// an hour and five tries.
#[utoipa::path(post, path = "/accounts/{id}/sender/code", tag = "accounts", params(("id" = id::AccountId, Path)),
    responses(
        (status = 200, description = "The code is on its way.", body = SenderShown),
        (status = 409, description = "Too many codes, or the letter could not be delivered.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn send_code(
    State(state): State<AppState>,
    caller: Caller,
    Spoken(language): Spoken,
    Named(key): Named<AccountKey>,
) -> Result<Json<SenderShown>, Problem> {
    Ok(Json(SenderShown::of(sender::send_code(&state.room, &caller.viewer, key).await?, language)))
}

/// Tries a code. The right one lets the mailbox send.
#[utoipa::path(put, path = "/accounts/{id}/sender/code", tag = "accounts", params(("id" = id::AccountId, Path)),
    request_body = CodeForm,
    responses(
        (status = 200, description = "The address is shown.", body = SenderShown),
        (status = 409, description = "The mailbox does not send by Postkamer itself.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn confirm(
    State(state): State<AppState>,
    caller: Caller,
    Spoken(language): Spoken,
    Named(key): Named<AccountKey>,
    Given { value, .. }: Given<CodeForm>,
) -> Result<Json<SenderShown>, Problem> {
    let confirmed = sender::confirm(&state.room, &caller.viewer, key, &value.code).await?;
    Ok(Json(SenderShown::of(confirmed, language)))
}

/// Looks into the DNS: shows the domain when its record is there, and lets keys sign that are published.
#[utoipa::path(post, path = "/accounts/{id}/sender/check", tag = "accounts", params(("id" = id::AccountId, Path)),
    responses(
        (status = 200, description = "What is there.", body = SenderShown),
        (status = 409, description = "The mailbox does not send by Postkamer itself.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn check(
    State(state): State<AppState>,
    caller: Caller,
    Spoken(language): Spoken,
    Named(key): Named<AccountKey>,
) -> Result<Json<SenderShown>, Problem> {
    Ok(Json(SenderShown::of(sender::check(&state.room, &caller.viewer, key).await?, language)))
}

/// Makes new keys for the domain. The old ones sign until the new ones are published.
#[utoipa::path(post, path = "/accounts/{id}/sender/keys", tag = "accounts", params(("id" = id::AccountId, Path)),
    responses(
        (status = 200, description = "With the records of the new keys.", body = SenderShown),
        (status = 409, description = "The mailbox does not send by Postkamer itself.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn renew(
    State(state): State<AppState>,
    caller: Caller,
    Spoken(language): Spoken,
    Named(key): Named<AccountKey>,
) -> Result<Json<SenderShown>, Problem> {
    Ok(Json(SenderShown::of(sender::renew(&state.room, &caller.viewer, key).await?, language)))
}

impl SenderShown {
    fn of(sender: Sender, language: Language) -> SenderShown {
        let (state, by, code_ends_at) = match sender.stand {
            Stand::Unproven => ("unverified", None, None),
            Stand::CodeSent(until) => ("code_sent", None, Some(Instant(until))),
            Stand::Proven(By::Code) => ("verified", Some("code"), None),
            Stand::Proven(By::Domain) => ("verified", Some("domain"), None),
        };
        let records = sender.records.into_iter().map(|record| RecordShown::of(record, language)).collect();
        SenderShown { address: sender.address, domain: sender.domain, state, by, code_ends_at, records }
    }
}

impl RecordShown {
    fn of(record: Record, language: Language) -> RecordShown {
        let (seen, found) = match record.seen {
            Seen::Unknown => ("unknown", Vec::new()),
            Seen::Right => ("right", Vec::new()),
            Seen::Missing => ("missing", Vec::new()),
            Seen::Other(found) => ("other", found),
            Seen::Failed(why) => ("failed", vec![why]),
        };
        RecordShown {
            purpose: record.purpose.as_str(),
            kind: record.kind,
            name: record.name,
            value: record.value,
            seen,
            found,
            remark: record.remark.map(|remark| remark.say(language).to_owned()),
        }
    }
}
