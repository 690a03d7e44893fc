//! The caller's second factor, where they are signed in, and the networks that were shut out (features U2, U4).

use super::{id, instant::Instant, page::Page};
use crate::{
    AppState,
    caller::{Administrator, Caller},
    given::{Asked, Given, Named},
    handler::routes,
    problem::{Problem, ProblemBody},
};
use axum::{Json, extract::State, http::StatusCode};
use mail::{SessionKey, UserKey};
use mailroom::people;
use serde::{Deserialize, Serialize};
use store::{guard::Block, session::Session};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(begin, confirm, drop_own))
        .routes(routes!(renew_codes))
        .routes(routes!(reset))
        .routes(routes!(sessions))
        .routes(routes!(end_session))
        .routes(routes!(blocks, unblock))
}

/// The caller's password, asked again because much depends on it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OwnPassword {
    #[schema(format = Password, write_only, max_length = 1024)]
    password: String,
}

/// What an authenticator needs. It counts once a code of it was confirmed.
#[derive(Serialize, ToSchema)]
struct Enrolment {
    /// To type into the authenticator.
    secret: String,
    /// To show as a QR code.
    #[schema(format = "uri", example = "otpauth://totp/Postkamer%20Voorbeeld:anna@voorbeeld.nl?secret=...")]
    uri: String,
}

/// A code of the authenticator.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Code {
    #[schema(max_length = 20, example = "287082")]
    code: String,
}

/// Codes that work once each, for who has lost the authenticator. They are never shown again.
#[derive(Serialize, ToSchema)]
struct RecoveryCodes {
    recovery_codes: Vec<String>,
}

/// Somewhere the caller is signed in.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
struct SessionShown {
    #[schema(value_type = id::SessionId)]
    id: SessionKey,
    /// The address it came from when it began.
    source: String,
    /// What the browser calls itself.
    agent: String,
    created_at: Instant,
    /// When it was last used, to the minute.
    seen_at: Instant,
    /// When it ends at the latest.
    expires_at: Instant,
}

/// A network from which too many wrong passwords came.
#[derive(Serialize, ToSchema)]
struct NetworkBlock {
    #[schema(example = "192.0.2.0/24")]
    network: String,
    /// Wrong ones in the last hour.
    tries: i64,
    tried_at: Instant,
    /// When it may try again.
    #[schema(required)]
    until: Option<Instant>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// The network, as listed.
    #[param(max_length = 60, example = "192.0.2.0/24")]
    network: String,
}

/// Begins a second factor.
#[utoipa::path(post, path = "/me/second-factor", tag = "people", request_body = OwnPassword,
    responses(
        (status = 201, description = "Put it into an authenticator and confirm a code.", body = Enrolment),
        (status = 409, description = "There is one already.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn begin(
    State(state): State<AppState>,
    caller: Caller,
    Given { value, .. }: Given<OwnPassword>,
) -> Result<(StatusCode, Json<Enrolment>), Problem> {
    let made = people::begin_second_factor(&state.room, &caller.viewer, &value.password).await?;
    let shown = Enrolment { secret: made.secret.to_string(), uri: made.uri.to_string() };
    Ok((StatusCode::CREATED, Json(shown)))
}

/// Confirms a code: from here on signing in asks for one, and every browser has to sign in anew.
#[utoipa::path(put, path = "/me/second-factor", tag = "people", request_body = Code,
    responses((status = 200, description = "It counts.", body = RecoveryCodes)))]
async fn confirm(
    State(state): State<AppState>,
    caller: Caller,
    Given { value, .. }: Given<Code>,
) -> Result<Json<RecoveryCodes>, Problem> {
    let codes = people::confirm_second_factor(&state.room, &caller.viewer, &value.code, None).await?;
    state.tokens.forget();
    Ok(Json(RecoveryCodes { recovery_codes: codes.iter().map(|code| code.to_string()).collect() }))
}

/// Lays the second factor down.
#[utoipa::path(delete, path = "/me/second-factor", tag = "people", request_body = OwnPassword,
    responses(
        (status = 204, description = "The password alone counts."),
        (status = 409, description = "The password is too short to stand alone.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn drop_own(
    State(state): State<AppState>,
    caller: Caller,
    Given { value, .. }: Given<OwnPassword>,
) -> Result<StatusCode, Problem> {
    people::drop_second_factor(&state.room, &caller.viewer, &value.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// New recovery codes; the earlier ones work no longer.
#[utoipa::path(post, path = "/me/recovery-codes", tag = "people", request_body = OwnPassword,
    responses(
        (status = 201, description = "The codes.", body = RecoveryCodes),
        (status = 409, description = "There is no second factor.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn renew_codes(
    State(state): State<AppState>,
    caller: Caller,
    Given { value, .. }: Given<OwnPassword>,
) -> Result<(StatusCode, Json<RecoveryCodes>), Problem> {
    let codes = people::new_recovery_codes(&state.room, &caller.viewer, &value.password).await?;
    let recovery_codes = codes.iter().map(|code| code.to_string()).collect();
    Ok((StatusCode::CREATED, Json(RecoveryCodes { recovery_codes })))
}

/// Takes away the second factor of somebody else who has lost it.
#[utoipa::path(delete, path = "/users/{id}/second-factor", tag = "people", params(("id" = id::UserId, Path)),
    responses((status = 204, description = "Their password alone counts.")))]
async fn reset(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    Named(user): Named<UserKey>,
) -> Result<StatusCode, Problem> {
    people::reset_second_factor(&state.room, &caller.viewer, user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Where the caller is signed in.
#[utoipa::path(get, path = "/me/sessions", tag = "people",
    responses((status = 200, description = "All of them, the newest first.", body = Page<SessionShown>)))]
async fn sessions(State(state): State<AppState>, caller: Caller) -> Result<Json<Page<SessionShown>>, Problem> {
    let found = people::sessions(&state.room, &caller.viewer).await?;
    Ok(Json(Page::all(found.into_iter().map(SessionShown::from).collect())))
}

/// Signs the caller out somewhere.
#[utoipa::path(delete, path = "/me/sessions/{id}", tag = "people", params(("id" = id::SessionId, Path)),
    responses((status = 204, description = "It has ended.")))]
async fn end_session(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<SessionKey>,
) -> Result<StatusCode, Problem> {
    people::end_session(&state.room, &caller.viewer, key).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The networks that are shut out now, because too many wrong passwords came from them.
#[utoipa::path(get, path = "/sign-in-blocks", tag = "people",
    responses((status = 200, description = "All of them.", body = Page<NetworkBlock>)))]
async fn blocks(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
) -> Result<Json<Page<NetworkBlock>>, Problem> {
    let found = people::blocked_networks(&state.room, &caller.viewer).await?;
    Ok(Json(Page::all(found.into_iter().map(NetworkBlock::from).collect())))
}

/// Lets a network try again.
#[utoipa::path(delete, path = "/sign-in-blocks", tag = "people", params(Which),
    responses(
        (status = 204, description = "It may."),
        (status = 404, description = "It was not blocked.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn unblock(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    Asked(which): Asked<Which>,
) -> Result<StatusCode, Problem> {
    people::unblock_network(&state.room, &caller.viewer, &which.network).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<Session> for SessionShown {
    fn from(session: Session) -> SessionShown {
        SessionShown {
            id: session.id,
            source: session.source,
            agent: session.agent,
            created_at: Instant(session.created_at),
            seen_at: Instant(session.seen_at),
            expires_at: Instant(session.expires_at),
        }
    }
}

impl From<Block> for NetworkBlock {
    fn from(block: Block) -> NetworkBlock {
        NetworkBlock {
            network: block.subject,
            tries: block.count,
            tried_at: Instant(block.tried_at),
            until: block.until_at.map(Instant),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::trial::Trial;
    use axum::http::StatusCode;
    use serde_json::{Value, json};

    const PASSWORD: &str = "vier paarse olifanten lopen";

    #[tokio::test]
    async fn a_second_factor_is_begun_with_the_password_and_refused_with_another_code() {
        let trial = Trial::new().await;
        let path = "/api/v1/me/second-factor";
        let token = &trial.ours.write;
        let wrong = trial.call("POST", path, token, json!({ "password": "een heel ander wachtwoord" })).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        let made = trial.call("POST", path, token, json!({ "password": PASSWORD })).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.json());
        let uri = made.json()["uri"].as_str().unwrap_or_default().to_owned();
        assert!(uri.starts_with("otpauth://totp/Postkamer%20Ons%20Voorbeeld:beheer@ons.example?secret="), "{uri}");
        let wrong = trial.call("PUT", path, token, json!({ "code": "nee" })).await;
        assert_eq!(wrong.json()["errors"][0]["code"], json!("code_wrong"));
        let none = trial.call("POST", "/api/v1/me/recovery-codes", token, json!({ "password": PASSWORD })).await;
        assert_eq!(none.status, StatusCode::CONFLICT);
    }

    #[tokio::test]
    async fn too_many_wrong_passwords_are_answered_with_the_time_to_wait() {
        let trial = Trial::new().await;
        let try_one = async |n: usize| {
            let body = json!({ "present": format!("fout {n}"), "password": PASSWORD });
            trial.call("PUT", "/api/v1/me/password", &trial.ours.write, body).await
        };
        for n in 0..10 {
            assert_eq!(try_one(n).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
        let blocked = try_one(10).await;
        assert_eq!(blocked.status, StatusCode::TOO_MANY_REQUESTS, "{}", blocked.json());
        let wait: u64 = blocked.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=30).contains(&wait), "{wait}");
    }

    #[tokio::test]
    async fn only_an_administrator_sees_and_lifts_blocks() {
        let trial = Trial::new().await;
        let path = "/api/v1/sign-in-blocks";
        assert_eq!(trial.get(path, &trial.ours.write).await.status, StatusCode::FORBIDDEN);
        let list = trial.get(path, &trial.ours.admin).await;
        assert_eq!((list.status, &list.json()["items"]), (StatusCode::OK, &json!([])));
        let none = format!("{path}?network=192.0.2.0/24");
        assert_eq!(trial.call("DELETE", &none, &trial.ours.admin, Value::Null).await.status, StatusCode::NOT_FOUND);
        assert_eq!(trial.get("/api/v1/me/sessions", &trial.ours.read).await.json()["items"], json!([]));
    }
}
