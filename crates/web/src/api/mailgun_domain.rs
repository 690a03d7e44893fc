//! The organisation's domains at Mailgun (features M27).

use super::{id, instant::Instant, page::Page};
use crate::{
    AppState,
    caller::{Administrator, Caller},
    given::{Asked, Given, Named},
    handler::routes,
    here::Here,
    once::{self, KeyParam, OnceKey},
    problem::{Problem, ProblemBody},
};
use axum::{Json, extract::State, http::StatusCode, response::Response};
use mail::MailgunDomainKey;
use mailroom::{
    mailgun::{self as verb, DomainInput},
    words::{Refusal, provider},
};
use serde::{Deserialize, Serialize};
use store::mailgun::{MailgunDomain, Record};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use zeroize::Zeroizing;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(get, change, remove))
        .routes(routes!(check))
        .routes(routes!(tell))
        .routes(routes!(suppressed, lift))
}

/// Where a domain lives at Mailgun.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum RegionName {
    Us,
    Eu,
}

impl RegionName {
    fn name(self) -> String {
        match self {
            RegionName::Us => "us",
            RegionName::Eu => "eu",
        }
        .to_owned()
    }
}

/// A domain at Mailgun. Its keys are never given back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MailgunDomain)]
pub(super) struct DomainShown {
    #[schema(value_type = id::MailgunDomainId)]
    id: MailgunDomainKey,
    #[schema(example = "mg.voorbeeld.nl")]
    domain: String,
    region: RegionName,
    /// `active`, `unverified` or `disabled`, as Mailgun said last. Mailboxes can only go by an active one.
    #[schema(example = "active")]
    state: String,
    /// The records that Mailgun wants to see in DNS.
    dns_records: Vec<RecordShown>,
    /// Whether there is a key with which what Mailgun posts to us is believed.
    has_signing_key: bool,
    /// When a key was last given.
    keys_set_at: Instant,
    /// When Mailgun was last asked and answered.
    #[schema(required)]
    checked_at: Option<Instant>,
    /// When Mailgun last posted something to us.
    #[schema(required)]
    told_at: Option<Instant>,
    created_at: Instant,
}

/// A record that belongs in DNS.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MailgunDnsRecord)]
struct RecordShown {
    /// For mail that leaves; else for mail that comes in.
    sends: bool,
    #[schema(example = "TXT")]
    kind: String,
    name: String,
    value: String,
    /// Of an MX record.
    #[schema(required)]
    priority: Option<String>,
    /// `valid`, `invalid` or `unknown`, as Mailgun sees it.
    validity: String,
}

/// A domain to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MailgunDomainForm)]
struct DomainForm {
    #[schema(min_length = 1, max_length = 255, example = "mg.voorbeeld.nl")]
    domain: String,
    /// The European Union when left out.
    region: Option<RegionName>,
    /// An API key of the account; one that can only send is not enough.
    #[schema(format = Password, write_only, min_length = 1, max_length = 500)]
    api_key: String,
    /// The HTTP webhook signing key; needed to receive, and to be told what became of mail.
    #[schema(format = Password, write_only, max_length = 500)]
    signing_key: Option<String>,
}

/// What changes about a domain; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MailgunDomainChange)]
struct DomainChange {
    region: Option<RegionName>,
    #[schema(format = Password, write_only, max_length = 500)]
    api_key: Option<String>,
    #[schema(format = Password, write_only, max_length = 500)]
    signing_key: Option<String>,
}

/// The addresses that Mailgun is to post to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MailgunHooks)]
struct HooksShown {
    /// Of a route: mail that comes in.
    mail: String,
    /// Of webhooks: what became of mail.
    events: String,
}

/// The domains, by name.
#[utoipa::path(get, path = "/mailgun-domains", tag = "accounts",
    responses((status = 200, description = "All of them.", body = Page<DomainShown>)))]
async fn list(State(state): State<AppState>, caller: Caller) -> Result<Json<Page<DomainShown>>, Problem> {
    let found = verb::list(&state.room, &caller.viewer).await?;
    Ok(Json(Page::of((found, None::<MailgunDomainKey>), DomainShown::from)))
}

/// Adds a domain. Mailgun is asked first whether it knows it by this key in this region.
#[utoipa::path(post, path = "/mailgun-domains", tag = "accounts", params(KeyParam), request_body = DomainForm,
    responses((status = 201, description = "The domain.", body = DomainShown)))]
async fn add(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    key: OnceKey,
    Given { value, digest }: Given<DomainForm>,
) -> Result<Response, Problem> {
    let input = DomainInput {
        domain: Some(value.domain),
        region: value.region.map(RegionName::name),
        api_key: Some(Zeroizing::new(value.api_key)),
        signing_key: value.signing_key.map(Zeroizing::new),
    };
    let made = async { verb::add(&state.room, &caller.viewer, input).await.map(|saved| saved.domain) };
    once::create::<_, DomainShown>(&state, &caller, key, digest, made).await
}

/// One domain.
#[utoipa::path(get, path = "/mailgun-domains/{id}", tag = "accounts", params(("id" = id::MailgunDomainId, Path)),
    responses((status = 200, description = "The domain.", body = DomainShown)))]
async fn get(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<MailgunDomainKey>,
) -> Result<Json<DomainShown>, Problem> {
    Ok(Json(verb::get(&state.room, &caller.viewer, key).await?.into()))
}

/// Changes a domain's region or keys. Mailboxes that the old ones kept out are tried at once.
#[utoipa::path(patch, path = "/mailgun-domains/{id}", tag = "accounts", params(("id" = id::MailgunDomainId, Path)),
    request_body = DomainChange,
    responses((status = 200, description = "The domain as it is now.", body = DomainShown)))]
async fn change(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    Named(key): Named<MailgunDomainKey>,
    Given { value, .. }: Given<DomainChange>,
) -> Result<Json<DomainShown>, Problem> {
    let input = DomainInput {
        domain: None,
        region: value.region.map(RegionName::name),
        api_key: value.api_key.map(Zeroizing::new),
        signing_key: value.signing_key.map(Zeroizing::new),
    };
    Ok(Json(verb::change(&state.room, &caller.viewer, key, input).await?.domain.into()))
}

/// Removes a domain that no mailbox goes by.
#[utoipa::path(delete, path = "/mailgun-domains/{id}", tag = "accounts", params(("id" = id::MailgunDomainId, Path)),
    responses(
        (status = 204, description = "It is gone."),
        (status = 409, description = "A mailbox goes by it.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn remove(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    Named(key): Named<MailgunDomainKey>,
) -> Result<StatusCode, Problem> {
    verb::remove(&state.room, &caller.viewer, key).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Has Mailgun look into DNS again, and reads from its log what became of mail.
#[utoipa::path(post, path = "/mailgun-domains/{id}/check", tag = "accounts", params(("id" = id::MailgunDomainId, Path)),
    responses(
        (status = 200, description = "The domain as Mailgun knows it now.", body = DomainShown),
        (status = 424, description = "Mailgun would not say.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn check(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    Named(key): Named<MailgunDomainKey>,
) -> Result<Json<DomainShown>, Problem> {
    Ok(Json(verb::check(&state.room, &caller.viewer, key).await?.into()))
}

/// Has Mailgun post mail of the domain, and what becomes of it, to us: makes a route and webhooks there. What else was set
/// up there stays.
#[utoipa::path(post, path = "/mailgun-domains/{id}/tell-us", tag = "accounts", params(("id" = id::MailgunDomainId, Path)),
    responses(
        (status = 200, description = "The addresses that Mailgun posts to from now on.", body = HooksShown),
        (status = 409, description = "This server does not know its own address.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 424, description = "Mailgun would not do it.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn tell(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    Here(here): Here,
    Named(key): Named<MailgunDomainKey>,
) -> Result<Json<HooksShown>, Problem> {
    let here = here.ok_or_else(|| Refusal::conflict("", provider::NO_OWN_ADDRESS))?;
    verb::tell(&state.room, &caller.viewer, key, &here).await?;
    let hooks = verb::hooks(&here, key);
    Ok(Json(HooksShown { mail: hooks.mail, events: hooks.events }))
}

/// An address to which Mailgun sends mail of the domain no more.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MailgunSuppression)]
struct SuppressionShown {
    /// On which list it is: `bounces`, `complaints` or `unsubscribes`.
    #[schema(example = "bounces")]
    list: &'static str,
    address: String,
    /// What its server said, of a bounce.
    #[schema(required)]
    server_said: Option<String>,
    /// Since when, where Mailgun says it.
    #[schema(required)]
    since: Option<Instant>,
}

/// Who is taken off which list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Lifted {
    /// `bounces`, `complaints` or `unsubscribes`.
    #[param(example = "bounces")]
    list: String,
    #[param(example = "els@klant.nl")]
    address: String,
}

/// Who is on the domain's lists of addresses that get no mail any more, asked of Mailgun now; at most five thousand of each.
#[utoipa::path(get, path = "/mailgun-domains/{id}/suppressions", tag = "accounts",
    params(("id" = id::MailgunDomainId, Path)),
    responses(
        (status = 200, description = "All of them.", body = Page<SuppressionShown>),
        (status = 424, description = "Mailgun would not say.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn suppressed(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    Named(key): Named<MailgunDomainKey>,
) -> Result<Json<Page<SuppressionShown>>, Problem> {
    let found = verb::suppressed(&state.room, &caller.viewer, key).await?;
    let shown = |one: connect::mailgun::Suppressed| SuppressionShown {
        list: one.why.as_str(),
        address: one.address,
        server_said: Some(one.words.0).filter(|words| !words.is_empty()),
        since: one.at.map(Instant),
    };
    Ok(Json(Page::of((found, None::<MailgunDomainKey>), shown)))
}

/// Takes an address off one of the domain's lists, so that mail goes to it again.
#[utoipa::path(delete, path = "/mailgun-domains/{id}/suppressions", tag = "accounts",
    params(("id" = id::MailgunDomainId, Path), Lifted),
    responses(
        (status = 204, description = "It is on that list no more."),
        (status = 424, description = "Mailgun would not do it.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn lift(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    Named(key): Named<MailgunDomainKey>,
    Asked(asked): Asked<Lifted>,
) -> Result<StatusCode, Problem> {
    verb::lift(&state.room, &caller.viewer, key, &asked.list, &asked.address).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<MailgunDomain> for DomainShown {
    fn from(kept: MailgunDomain) -> DomainShown {
        DomainShown {
            id: kept.id,
            region: if kept.region == "us" { RegionName::Us } else { RegionName::Eu },
            domain: kept.name,
            state: kept.state,
            dns_records: kept.records.into_iter().map(RecordShown::from).collect(),
            has_signing_key: kept.has_signing_key,
            keys_set_at: Instant(kept.keys_set_at),
            checked_at: kept.checked_at.map(Instant),
            told_at: kept.told_at.map(Instant),
            created_at: Instant(kept.created_at),
        }
    }
}

impl From<Record> for RecordShown {
    fn from(record: Record) -> RecordShown {
        let Record { sends, kind, name, value, priority, validity } = record;
        RecordShown { sends, kind, name, value, priority, validity }
    }
}
