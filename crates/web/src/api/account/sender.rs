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
    accounts::sender::{self, By, KeyState, Record, Rotation, Seen, Sender, Stand},
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
    keys: KeysShown,
}

/// How the keys that sign for the domain are renewed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SenderKeys)]
struct KeysShown {
    /// New keys are made when the ones that sign are so many days old, and wait for their records; null is by hand only.
    #[schema(required, minimum = 30, maximum = 1095)]
    renew_after_days: Option<i64>,
    /// When the ones that sign will be so old. New ones are there two weeks before.
    #[schema(required)]
    due_at: Option<Instant>,
    #[schema(value_type = KeysName)]
    state: &'static str,
}

/// How the keys that sign stand.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes the names; mailroom makes them")]
enum KeysName {
    /// None signs.
    Unsigned,
    /// Nothing is to be done.
    Fresh,
    /// New ones wait for their records.
    Ready,
    /// New ones wait for their records, and it is time.
    Overdue,
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
    /// How its key stands, where it is of a key.
    #[schema(required, value_type = Option<KeyStateName>)]
    key: Option<&'static str>,
    /// Of a retired key: until when its record stays.
    #[schema(required)]
    stays_until: Option<Instant>,
}

/// How a key stands.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes the names")]
enum KeyStateName {
    /// It signs when its record is seen.
    Waits,
    Signs,
    /// A newer one took its place; its record stays for mail that is on its way.
    Retired,
    /// Its record may be taken away.
    MayGo,
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

/// When new keys are made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RenewalForm {
    /// When the ones that sign are so many days old; null is by hand only.
    // Who says nothing does not mean "never".
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required, minimum = 30, maximum = 1095, example = 180)]
    renew_after_days: Option<i64>,
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

/// Chooses when new keys of the domain are made. They are made two weeks before, administrators are told by mail, and the
/// old ones sign until the new ones are published.
#[utoipa::path(put, path = "/accounts/{id}/sender/keys", tag = "accounts", params(("id" = id::AccountId, Path)),
    request_body = RenewalForm,
    responses(
        (status = 200, description = "It is kept.", body = SenderShown),
        (status = 409, description = "The mailbox does not send by Postkamer itself.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn renew_after(
    State(state): State<AppState>,
    caller: Caller,
    Spoken(language): Spoken,
    Named(key): Named<AccountKey>,
    Given { value, .. }: Given<RenewalForm>,
) -> Result<Json<SenderShown>, Problem> {
    let kept = sender::renew_after(&state.room, &caller.viewer, key, value.renew_after_days).await?;
    Ok(Json(SenderShown::of(kept, language)))
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
        let keys = KeysShown::of(sender.rotation);
        SenderShown { address: sender.address, domain: sender.domain, state, by, code_ends_at, records, keys }
    }
}

impl KeysShown {
    fn of(rotation: Rotation) -> KeysShown {
        let Rotation { renew_after_days, due_at, age } = rotation;
        KeysShown { renew_after_days, due_at: due_at.map(Instant), state: age.as_str() }
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
        let stays_until = match record.key {
            Some(KeyState::Retired(until)) => Some(Instant(until)),
            _ => None,
        };
        RecordShown {
            purpose: record.purpose.as_str(),
            kind: record.kind,
            name: record.name,
            value: record.value,
            seen,
            found,
            remark: record.remark.map(|remark| remark.say(language).to_owned()),
            key: record.key.map(KeyState::as_str),
            stays_until,
        }
    }
}
