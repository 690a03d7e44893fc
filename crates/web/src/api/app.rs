//! The apps that the organisation registered at providers of mailboxes (features M8).

use super::instant::Instant;
use crate::{
    AppState,
    caller::Administrator,
    given::{Given, Named},
    handler::routes,
    here::Here,
    problem::{Problem, ProblemBody},
};
use axum::{Json, extract::State, http::StatusCode};
use mailroom::accounts::{
    app::{self, AppInput},
    authorise::ANSWER,
};
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use store::app_registration::{AppProvider, AppRegistration};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use zeroize::Zeroizing;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get, set, remove))
}

/// A provider of mailboxes.
#[derive(Debug, Clone, Copy)]
struct Provider(AppProvider);

impl FromStr for Provider {
    type Err = ();

    fn from_str(name: &str) -> Result<Provider, ()> {
        AppProvider::from_name(name).map(Provider).ok_or(())
    }
}

/// The app at a provider, and what to register there.
#[derive(Debug, Serialize, ToSchema)]
struct ProviderApp {
    /// None: no app is registered yet.
    #[schema(required)]
    app: Option<AppShown>,
    /// What to register with the app; none while this server does not know its own address.
    #[schema(required, example = "https://post.voorbeeld.nl/mailboxes/authorised")]
    redirect_uri: Option<String>,
}

/// An app. Its secret is never given back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AppRegistration)]
struct AppShown {
    /// At Microsoft: the tenant's number, or a domain of the organisation. Empty elsewhere.
    #[schema(example = "voorbeeld.nl")]
    tenant: String,
    client_id: String,
    /// Whether it opens mailboxes by itself, without their owners' consent.
    acts_alone: bool,
    /// What proves who we are: secret, certificate or service_account.
    #[schema(pattern = "^(secret|certificate|service_account)$")]
    proof: &'static str,
    /// What may be seen of it: a certificate's fingerprint (SHA-256), a service account's address.
    #[schema(required)]
    proof_shown: Option<String>,
    /// When the secret was last given.
    client_secret_set_at: Instant,
    /// When the secret ends there, as far as somebody said.
    #[schema(required)]
    expires_at: Option<Instant>,
}

/// An app, as a whole.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AppForm {
    /// At Microsoft: the tenant's number, or a domain of the organisation. Left out elsewhere.
    #[serde(default)]
    #[schema(max_length = 255)]
    tenant: String,
    /// Left out of a service account, whose key file says it.
    #[serde(default)]
    #[schema(max_length = 200)]
    client_id: String,
    /// Whether it opens mailboxes by itself; left out: as it was. A service account always does.
    acts_alone: Option<bool>,
    /// Left out, with the two below: what is kept.
    #[schema(format = Password, write_only, max_length = 2000)]
    client_secret: Option<String>,
    /// Microsoft: a certificate with its private RSA key, in PEM, in place of a secret.
    #[schema(format = Password, write_only, max_length = 40000)]
    certificate: Option<String>,
    /// Google: the key file of a service account with domain-wide delegation, in JSON, as one text.
    #[schema(format = Password, write_only, max_length = 40000)]
    service_account: Option<String>,
    /// When the secret ends: administrators are told 30, 7 and 1 day before. A certificate says so itself.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<jiff::Timestamp>,
}

/// The app at a provider.
#[utoipa::path(get, path = "/organisation/apps/{provider}", tag = "people",
    params(("provider" = String, Path, pattern = "^(microsoft|google)$", description = "microsoft or google.")),
    responses(
        (status = 200, description = "The app, and what to register there.", body = ProviderApp),
        (status = 404, description = "There is no such provider.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn get(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    here: Here,
    Named(Provider(at)): Named<Provider>,
) -> Result<Json<ProviderApp>, Problem> {
    let kept = app::get(&state.room, &caller.viewer, at).await?;
    Ok(Json(ProviderApp { app: kept.map(AppShown::from), redirect_uri: redirect_uri(here) }))
}

/// Says which app the organisation registered at a provider.
#[utoipa::path(put, path = "/organisation/apps/{provider}", tag = "people",
    params(("provider" = String, Path, pattern = "^(microsoft|google)$", description = "microsoft or google.")), request_body = AppForm,
    responses(
        (status = 200, description = "The app as it is now.", body = ProviderApp),
        (status = 404, description = "There is no such provider.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn set(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    here: Here,
    Named(Provider(at)): Named<Provider>,
    Given { value, .. }: Given<AppForm>,
) -> Result<Json<ProviderApp>, Problem> {
    let input = AppInput {
        tenant: value.tenant,
        client_id: value.client_id,
        acts_alone: value.acts_alone,
        secret: value.client_secret.map(Zeroizing::new),
        certificate: value.certificate.map(Zeroizing::new),
        service_account: value.service_account.map(Zeroizing::new),
        expires_at: value.expires_at.map(jiff::Timestamp::as_millisecond),
    };
    let saved = app::set(&state.room, &caller.viewer, at, input).await?;
    Ok(Json(ProviderApp { app: Some(saved.into()), redirect_uri: redirect_uri(here) }))
}

/// Forgets the app. Mailboxes of that provider are no longer fetched until there is another.
#[utoipa::path(delete, path = "/organisation/apps/{provider}", tag = "people",
    params(("provider" = String, Path, pattern = "^(microsoft|google)$", description = "microsoft or google.")),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, description = "There is none.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn remove(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    Named(Provider(at)): Named<Provider>,
) -> Result<StatusCode, Problem> {
    app::remove(&state.room, &caller.viewer, at).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn redirect_uri(Here(here): Here) -> Option<String> {
    here.map(|here| format!("{here}{ANSWER}"))
}

impl From<AppRegistration> for AppShown {
    fn from(kept: AppRegistration) -> AppShown {
        AppShown {
            tenant: kept.tenant,
            client_id: kept.client_id,
            acts_alone: kept.acts_alone,
            proof: kept.proof.as_str(),
            proof_shown: kept.proof_shown,
            client_secret_set_at: Instant(kept.secret_set_at),
            expires_at: kept.expires_at.map(Instant),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::trial::Trial;
    use axum::http::StatusCode;
    use serde_json::{Value, json};

    const PATH: &str = "/api/v1/organisation/apps/microsoft";

    #[tokio::test]
    async fn an_app_is_kept_and_its_secret_never_comes_back() {
        let trial = Trial::new().await;
        let admin = &trial.ours.admin;
        assert_eq!(trial.get(PATH, admin).await.json()["app"], Value::Null);
        let form = json!({ "tenant": "Voorbeeld.NL", "client_id": "een-nummer", "client_secret": "kanarie-Groen-7",
            "expires_at": "2027-05-01T00:00:00Z" });
        let kept = trial.call_with("PUT", PATH, admin, &[("host", "post.example")], form).await;
        assert_eq!(kept.status, StatusCode::OK, "{}", kept.json());
        assert_eq!(kept.json()["redirect_uri"], json!("http://post.example/mailboxes/authorised"));
        assert_eq!(kept.json()["app"]["tenant"], json!("voorbeeld.nl"));
        for answer in [kept, trial.get(PATH, admin).await] {
            assert!(!String::from_utf8_lossy(&answer.bytes).contains("kanarie"));
        }
        let renamed = json!({ "tenant": "voorbeeld.nl", "client_id": "ander-nummer" });
        let renamed = trial.call("PUT", PATH, admin, renamed).await;
        assert_eq!(renamed.json()["app"]["client_id"], json!("ander-nummer"));
        assert_eq!(trial.get(PATH, &trial.theirs.admin).await.json()["app"], Value::Null);
        assert_eq!(trial.get(PATH, &trial.ours.write).await.status, StatusCode::FORBIDDEN);
        assert_eq!(trial.call("DELETE", PATH, admin, Value::Null).await.status, StatusCode::NO_CONTENT);
        assert_eq!(trial.call("DELETE", PATH, admin, Value::Null).await.status, StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn an_app_at_google_has_no_tenant_and_each_provider_has_its_own_app() {
        let (trial, path) = (Trial::new().await, "/api/v1/organisation/apps/google");
        let admin = &trial.ours.admin;
        let form = json!({ "client_id": "een.apps.googleusercontent.com", "client_secret": "GOCSPX-kanarie" });
        let kept = trial.call("PUT", path, admin, form).await;
        assert_eq!((kept.status, &kept.json()["app"]["tenant"]), (StatusCode::OK, &json!("")));
        assert_eq!(trial.get(PATH, admin).await.json()["app"], Value::Null, "that is Microsoft's");
        let with = json!({ "tenant": "a.nl", "client_id": "een" });
        let refused = trial.call("PUT", path, admin, with).await;
        assert_eq!(refused.json()["errors"][0]["code"], json!("no_tenant_here"));
        let unknown = trial.get("/api/v1/organisation/apps/yahoo", admin).await;
        assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn what_is_wrong_with_an_app_is_told_by_its_field() {
        let trial = Trial::new().await;
        for (form, field, code) in [
            (json!({ "tenant": "common", "client_id": "a", "client_secret": "b" }), "tenant", "not_a_tenant"),
            (json!({ "tenant": "a/b", "client_id": "a", "client_secret": "b" }), "tenant", "not_a_tenant"),
            (json!({ "tenant": "a.nl", "client_id": " ", "client_secret": "b" }), "client_id", "required"),
            (json!({ "tenant": "a.nl", "client_id": "a" }), "client_secret", "required"),
        ] {
            let refused = trial.call("PUT", PATH, &trial.ours.admin, form).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
            let error = &refused.json()["errors"][0];
            assert_eq!((&error["field"], &error["code"]), (&json!(field), &json!(code)), "{error}");
        }
    }
}
