//! The settings of an account, found from its address alone.

use crate::{
    AppState,
    caller::Caller,
    given::Given,
    handler::routes,
    language::Spoken,
    problem::{Problem, ProblemBody},
};
use axum::{Json, extract::State};
use connect::{
    Secret,
    discover::{Candidate, Endpoint, Kind, Origin},
};
use mailroom::{
    accounts::{self, ExchangeFound, ExchangeSearch},
    words::{Checks, Language},
};
use serde::{Deserialize, Serialize};
use store::account::Authentication;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(look)).routes(routes!(find_exchange))
}

/// The address whose settings are wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"address": "info@voorbeeld.nl"}))]
struct DiscoverForm {
    #[schema(max_length = 320)]
    address: String,
}

/// What was found, best first; empty when nothing is known and nothing answers.
#[derive(Debug, Serialize, ToSchema)]
struct Discovered {
    candidates: Vec<CandidateShown>,
}

/// Settings that may fit the address.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Candidate)]
struct CandidateShown {
    /// Where it comes from: preset, autoconfig, ispdb, srv, autodiscover, mx or guess.
    #[schema(value_type = String)]
    source: Origin,
    /// The provider's name, when it is known.
    #[schema(required)]
    provider: Option<String>,
    #[schema(required)]
    incoming: Option<EndpointShown>,
    #[schema(required)]
    outgoing: Option<EndpointShown>,
    /// What to know before choosing it.
    #[schema(required)]
    note: Option<String>,
}

/// One half of an account's settings, as `POST /accounts` takes it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Endpoint)]
struct EndpointShown {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    encryption: Option<connect::Encryption>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prefix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

/// Finds the settings for an address. Nothing is signed in to.
#[utoipa::path(post, path = "/discover", tag = "accounts", request_body = DiscoverForm,
    responses((status = 200, description = "What was found, best first.", body = Discovered)))]
async fn look(
    State(state): State<AppState>,
    _caller: Caller,
    Spoken(language): Spoken,
    Given { value, .. }: Given<DiscoverForm>,
) -> Result<Json<Discovered>, Problem> {
    let address = value.address.trim();
    let mut checks = Checks::default();
    checks.address("address", address);
    checks.done()?;
    let found = accounts::discover(&state.room, address).await;
    let candidates = found.into_iter().map(|candidate| CandidateShown::of(candidate, language)).collect();
    Ok(Json(Discovered { candidates }))
}

/// Whose Exchange server is looked for, and how they sign in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"address": "info@voorbeeld.nl", "username": "VOORBEELD\\info", "secret": "..."}))]
struct ExchangeForm {
    #[schema(max_length = 320)]
    address: String,
    /// `DOMAIN\name` or like an address; left out, the address.
    #[serde(default)]
    username: String,
    #[serde(default)]
    #[schema(required)]
    secret: String,
    /// Servers of another domain, by their names, that may be asked with the password: those that an earlier answer named
    /// in `elsewhere`, and a person agreed to.
    #[serde(default)]
    agreed: Vec<String>,
}

/// What came of it: one of the two is there.
#[derive(Debug, Serialize, ToSchema)]
struct ExchangeShown {
    /// One half of an account's settings, as `POST /accounts` takes it.
    #[schema(required)]
    found: Option<ExchangeSettings>,
    /// The domain leads to a server of another domain, which did not get the password.
    #[schema(required)]
    elsewhere: Option<ElsewhereShown>,
}

/// The Exchange server of an address.
#[derive(Debug, Serialize, ToSchema)]
struct ExchangeSettings {
    /// `ews`.
    kind: &'static str,
    /// The address of the service.
    url: String,
    /// The name with which it opened.
    username: String,
    /// `ntlm` or `basic`: what was taken.
    authentication: &'static str,
}

/// A server of another domain.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExchangeElsewhere)]
struct ElsewhereShown {
    /// Its name, for `agreed`.
    host: String,
    /// Who leads there.
    from: String,
}

/// Asks the servers of an address where its Exchange is (autodiscover), with the password.
///
/// Only servers of the address's own domain get it, over TLS, and only when they ask for it; a password that is refused was
/// tried once. Nothing is kept.
#[utoipa::path(post, path = "/discover/exchange", tag = "accounts", request_body = ExchangeForm,
    responses(
        (status = 200, description = "The settings, or who else would have to be asked.", body = ExchangeShown),
        (status = 422, description = "Nothing was found (`url`), or the password was refused (`secret`).", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn find_exchange(
    State(state): State<AppState>,
    caller: Caller,
    Given { value, .. }: Given<ExchangeForm>,
) -> Result<Json<ExchangeShown>, Problem> {
    let ExchangeForm { address, username, secret, agreed } = value;
    let asked = ExchangeSearch { address, username, secret: Secret::new(secret), agreed };
    let (found, elsewhere) = match accounts::find_exchange(&state.room, &caller.viewer, asked).await? {
        ExchangeFound::Service { url, username, authentication } => {
            let authentication = if authentication == Authentication::Ntlm { "ntlm" } else { "basic" };
            (Some(ExchangeSettings { kind: "ews", url, username, authentication }), None)
        }
        ExchangeFound::Elsewhere { host, from } => (None, Some(ElsewhereShown { host, from })),
    };
    Ok(Json(ExchangeShown { found, elsewhere }))
}

impl CandidateShown {
    fn of(candidate: Candidate, language: Language) -> CandidateShown {
        let note = candidate.note.map(|note| match language {
            Language::Dutch => note.nl,
            Language::English => note.en,
        });
        CandidateShown {
            source: candidate.source,
            provider: candidate.provider,
            incoming: candidate.incoming.map(EndpointShown::from),
            outgoing: candidate.outgoing.map(EndpointShown::from),
            note,
        }
    }
}

impl From<Endpoint> for EndpointShown {
    fn from(endpoint: Endpoint) -> EndpointShown {
        let is_server = !endpoint.host.is_empty();
        EndpointShown {
            kind: kind(endpoint.kind),
            port: is_server.then_some(endpoint.port),
            encryption: is_server.then_some(endpoint.encryption),
            host: is_server.then_some(endpoint.host),
            username: Some(endpoint.username).filter(|username| !username.is_empty()),
            prefix: endpoint.prefix,
            url: endpoint.url,
        }
    }
}

/// The name that an account's settings have for it.
fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Imap => "imap",
        Kind::Pop3 => "pop3",
        Kind::Smtp => "smtp",
        Kind::Ews => "ews",
        Kind::Graph => "microsoft365",
        Kind::Gmail => "gmail",
        Kind::Mailgun => "mailgun",
    }
}
