//! The app that the organisation registered at Microsoft (features M8).

use super::instant::Instant;
use crate::{
    AppState,
    caller::Administrator,
    given::Given,
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
use store::app_registration::AppRegistration;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use zeroize::Zeroizing;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get, set, remove))
}

/// The app at Microsoft, and what to register there.
#[derive(Debug, Serialize, ToSchema)]
struct MicrosoftApp {
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
    /// The tenant's number, or a domain of the organisation.
    #[schema(example = "voorbeeld.nl")]
    tenant: String,
    client_id: String,
    /// When the secret was last given.
    client_secret_set_at: Instant,
    /// When the secret ends at Microsoft, as far as somebody said.
    #[schema(required)]
    expires_at: Option<Instant>,
}

/// An app, as a whole.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AppForm {
    #[schema(min_length = 1, max_length = 255)]
    tenant: String,
    #[schema(min_length = 1, max_length = 200)]
    client_id: String,
    /// Left out: the one that is kept.
    #[schema(format = Password, write_only, max_length = 2000)]
    client_secret: Option<String>,
    /// When the secret ends: administrators are told 30, 7 and 1 day before.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<jiff::Timestamp>,
}

/// The app at Microsoft.
#[utoipa::path(get, path = "/organisation/apps/microsoft", tag = "people",
    responses((status = 200, description = "The app, and what to register there.", body = MicrosoftApp)))]
async fn get(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    here: Here,
) -> Result<Json<MicrosoftApp>, Problem> {
    let kept = app::microsoft(&state.room, &caller.viewer).await?;
    Ok(Json(MicrosoftApp { app: kept.map(AppShown::from), redirect_uri: redirect_uri(here) }))
}

/// Says which app the organisation registered at Microsoft.
#[utoipa::path(put, path = "/organisation/apps/microsoft", tag = "people", request_body = AppForm,
    responses((status = 200, description = "The app as it is now.", body = MicrosoftApp)))]
async fn set(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    here: Here,
    Given { value, .. }: Given<AppForm>,
) -> Result<Json<MicrosoftApp>, Problem> {
    let input = AppInput {
        tenant: value.tenant,
        client_id: value.client_id,
        secret: value.client_secret.map(Zeroizing::new),
        expires_at: value.expires_at.map(jiff::Timestamp::as_millisecond),
    };
    let saved = app::set_microsoft(&state.room, &caller.viewer, input).await?;
    Ok(Json(MicrosoftApp { app: Some(saved.into()), redirect_uri: redirect_uri(here) }))
}

/// Forgets the app. Mailboxes of Microsoft 365 are no longer fetched until there is another.
#[utoipa::path(delete, path = "/organisation/apps/microsoft", tag = "people",
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, description = "There is none.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn remove(State(state): State<AppState>, Administrator(caller): Administrator) -> Result<StatusCode, Problem> {
    app::remove_microsoft(&state.room, &caller.viewer).await?;
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
