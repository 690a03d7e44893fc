//! The provider at which the organisation's people sign in (OpenID Connect, features U2).

use super::{id, instant::Instant};
use crate::{
    AppState,
    caller::Administrator,
    given::{Given, Named},
    handler::routes,
    here::Here,
    language::asked,
    problem::{Problem, ProblemBody},
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use mail::UserKey;
use mailroom::people::provider::{self, ANSWER, ProviderInput};
use serde::{Deserialize, Serialize};
use store::identity_provider::IdentityProvider;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use zeroize::Zeroizing;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get, set, remove)).routes(routes!(test)).routes(routes!(unbind))
}

/// Where the organisation's people sign in besides here.
#[derive(Debug, Serialize, ToSchema)]
struct SignInProvider {
    /// None: with a password only.
    #[schema(required)]
    provider: Option<ProviderShown>,
    /// What to register at the provider; none while this server does not know its own address.
    #[schema(required, example = "https://post.voorbeeld.nl/sign-in/answer")]
    redirect_uri: Option<String>,
}

/// A provider. Its secret is never given back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IdentityProvider)]
struct ProviderShown {
    /// What it is called on the button.
    name: String,
    /// Its issuer, exactly as it writes it.
    #[schema(example = "https://login.voorbeeld.nl/realms/voorbeeld")]
    issuer: String,
    client_id: String,
    /// When the secret was last given.
    client_secret_set_at: Instant,
    /// Who is no administrator may sign in with a password too.
    passwords_for_members: bool,
    /// Who is new and has an address of one of the domains becomes a member by signing in.
    admit_unknown: bool,
    /// Domains whose addresses the provider may speak for.
    domains: Vec<String>,
}

/// A provider, as a whole: what is left out is as it stands here.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ProviderForm {
    #[schema(min_length = 1, max_length = 60)]
    name: String,
    #[schema(min_length = 1, max_length = 500)]
    issuer: String,
    #[schema(min_length = 1, max_length = 500)]
    client_id: String,
    /// Left out: the one that is kept, while the issuer stays the same.
    #[schema(format = Password, write_only, max_length = 2000)]
    client_secret: Option<String>,
    #[serde(default = "yes")]
    #[schema(default = true)]
    passwords_for_members: bool,
    #[serde(default)]
    #[schema(default = false)]
    admit_unknown: bool,
    #[serde(default)]
    #[schema(max_items = 100)]
    domains: Vec<String>,
}

fn yes() -> bool {
    true
}

/// A provider to be tried.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct IssuerForm {
    #[schema(max_length = 500)]
    issuer: String,
}

/// Whether people can sign in at a provider, as far as it says itself.
#[derive(Debug, Serialize, ToSchema)]
struct ProviderTest {
    ok: bool,
    /// What is wrong, for programs.
    #[schema(required, example = "other_issuer")]
    code: Option<String>,
    /// What is wrong and what to do, in the language of `Accept-Language`.
    #[schema(required)]
    message: Option<String>,
}

/// Where people sign in.
#[utoipa::path(get, path = "/organisation/identity-provider", tag = "people",
    responses((status = 200, description = "The provider, and what to register there.", body = SignInProvider)))]
async fn get(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    here: Here,
) -> Result<Json<SignInProvider>, Problem> {
    let provider = provider::of_organisation(&state.room, &caller.viewer).await?;
    Ok(Json(SignInProvider { provider: provider.map(ProviderShown::from), redirect_uri: redirect_uri(here) }))
}

/// Says where people sign in. With another issuer the secret is given anew: it is never sent to where it was not meant for.
#[utoipa::path(put, path = "/organisation/identity-provider", tag = "people", request_body = ProviderForm,
    responses(
        (status = 200, description = "The provider as it is now.", body = SignInProvider),
        (status = 409, description = "Whoever switches passwords off for members has one themselves.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn set(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    here: Here,
    Given { value, .. }: Given<ProviderForm>,
) -> Result<Json<SignInProvider>, Problem> {
    let input = ProviderInput {
        name: value.name,
        issuer: value.issuer,
        client_id: value.client_id,
        secret: value.client_secret.map(Zeroizing::new),
        passwords_for_members: value.passwords_for_members,
        admit_unknown: value.admit_unknown,
        domains: value.domains,
    };
    let saved = provider::set(&state.room, &caller.viewer, input).await?;
    Ok(Json(SignInProvider { provider: Some(saved.into()), redirect_uri: redirect_uri(here) }))
}

/// People sign in with their passwords only, from now on; who they were at the provider is forgotten.
#[utoipa::path(delete, path = "/organisation/identity-provider", tag = "people",
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, description = "There is none.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn remove(State(state): State<AppState>, Administrator(caller): Administrator) -> Result<StatusCode, Problem> {
    provider::remove(&state.room, &caller.viewer).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Reads what a provider says of itself, and tells what is wrong with it. Saves nothing.
#[utoipa::path(post, path = "/organisation/identity-provider/test", tag = "people", request_body = IssuerForm,
    responses((status = 200, description = "What came of it.", body = ProviderTest)))]
async fn test(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    headers: HeaderMap,
    Given { value, .. }: Given<IssuerForm>,
) -> Result<Json<ProviderTest>, Problem> {
    let tried = provider::try_out(&state.room, &caller.viewer, &value.issuer).await?;
    let (code, message) = match &tried {
        Ok(_) => (None, None),
        Err(why) => (Some(why.code.to_owned()), Some(why.message.say(asked(&headers)).to_owned())),
    };
    Ok(Json(ProviderTest { ok: tried.is_ok(), code, message }))
}

/// Undoes who a user is at the provider: the next time they are known by their address again.
#[utoipa::path(delete, path = "/users/{id}/identity", tag = "people", params(("id" = id::UserId, Path)),
    responses(
        (status = 204, description = "It is undone."),
        (status = 409, description = "It is the caller's own only way in.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn unbind(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    Named(key): Named<UserKey>,
) -> Result<StatusCode, Problem> {
    provider::unbind(&state.room, &caller.viewer, key).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn redirect_uri(Here(here): Here) -> Option<String> {
    here.map(|here| format!("{here}{ANSWER}"))
}

impl From<IdentityProvider> for ProviderShown {
    fn from(kept: IdentityProvider) -> ProviderShown {
        ProviderShown {
            name: kept.name,
            issuer: kept.issuer,
            client_id: kept.client_id,
            client_secret_set_at: Instant(kept.secret_set_at),
            passwords_for_members: kept.passwords_for_members,
            admit_unknown: kept.admit_unknown,
            domains: kept.domains,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::trial::Trial;
    use axum::http::StatusCode;
    use serde_json::{Value, json};

    const PATH: &str = "/api/v1/organisation/identity-provider";

    fn form(changes: Value) -> Value {
        let mut form = json!({ "name": "Voorbeeld", "issuer": "https://login.voorbeeld.nl", "client_id": "postkamer",
            "client_secret": "kanarie-Groen-7" });
        for (name, value) in changes.as_object().unwrap() {
            form[name] = value.clone();
        }
        form.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        form
    }

    #[tokio::test]
    async fn a_provider_is_kept_and_its_secret_never_comes_back() {
        let trial = Trial::new().await;
        let admin = &trial.ours.admin;
        assert_eq!(trial.get(PATH, admin).await.json(), json!({ "provider": null, "redirect_uri": null }));
        let pasted = "https://login.voorbeeld.nl/.well-known/openid-configuration";
        let put = form(json!({ "issuer": pasted, "domains": ["@Voorbeeld.NL", "voorbeeld.nl"] }));
        let kept = trial.call_with("PUT", PATH, admin, &[("host", "post.example")], put).await;
        assert_eq!(kept.status, StatusCode::OK, "{}", kept.json());
        assert_eq!(kept.json()["redirect_uri"], json!("http://post.example/sign-in/answer"));
        let provider = &kept.json()["provider"];
        assert_eq!(provider["issuer"], json!("https://login.voorbeeld.nl"));
        assert_eq!(provider["domains"], json!(["voorbeeld.nl"]));
        assert_eq!((&provider["passwords_for_members"], &provider["admit_unknown"]), (&json!(true), &json!(false)));
        for answer in [kept, trial.get(PATH, admin).await] {
            assert!(!String::from_utf8_lossy(&answer.bytes).contains("kanarie"));
        }
        let renamed = trial.call("PUT", PATH, admin, form(json!({ "name": "Anders", "client_secret": null }))).await;
        assert_eq!(renamed.json()["provider"]["name"], json!("Anders"));
        assert_eq!(trial.get(PATH, &trial.theirs.admin).await.json()["provider"], Value::Null);
        assert_eq!(trial.get(PATH, &trial.ours.write).await.status, StatusCode::FORBIDDEN);
        assert_eq!(trial.call("DELETE", PATH, admin, Value::Null).await.status, StatusCode::NO_CONTENT);
        assert_eq!(trial.call("DELETE", PATH, admin, Value::Null).await.status, StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn what_is_wrong_with_a_provider_is_told_by_its_field() {
        let trial = Trial::new().await;
        let admin = &trial.ours.admin;
        for (changes, field, code) in [
            (json!({ "name": " " }), "name", "required"),
            (json!({ "issuer": "login.voorbeeld.nl" }), "issuer", "not_an_issuer"),
            (json!({ "issuer": "http://login.voorbeeld.nl" }), "issuer", "not_an_issuer"),
            (json!({ "client_secret": null }), "client_secret", "required"),
            (json!({ "domains": ["voor beeld"] }), "domains[0]", "not_a_domain"),
            (json!({ "admit_unknown": true }), "domains", "domains_first"),
        ] {
            let refused = trial.call("PUT", PATH, admin, form(changes)).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
            let error = &refused.json()["errors"][0];
            assert_eq!((&error["field"], &error["code"]), (&json!(field), &json!(code)), "{error}");
        }
        assert_eq!(trial.call("PUT", PATH, admin, form(json!({}))).await.status, StatusCode::OK);
        // The secret goes to nobody it was not given for.
        let moved = form(json!({ "issuer": "https://kwaad.example", "client_secret": null }));
        let refused = trial.call("PUT", PATH, admin, moved).await;
        assert_eq!(refused.json()["errors"][0]["code"], json!("secret_for_new_host"));
    }

    #[tokio::test]
    async fn a_provider_that_does_not_answer_is_told_in_words() {
        let trial = Trial::new().await;
        let path = format!("{PATH}/test");
        for (issuer, code) in [
            ("http://127.0.0.1:1", "unreachable"),
            ("https://169.254.169.254", "unreachable"),
            ("geen", "not_an_issuer"),
        ] {
            let asked = trial.call("POST", &path, &trial.ours.admin, json!({ "issuer": issuer })).await;
            assert_eq!(asked.json()["code"], json!(code), "{issuer}: {}", asked.json());
            assert!(asked.json()["message"].as_str().is_some_and(|words| words.len() > 20));
        }
    }
}
