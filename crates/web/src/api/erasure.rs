//! Erasing a person (GDPR, article 17): a contact, or a user who left.

use super::{form::ExternalForm, id, instant::Instant};
use crate::{
    AppState,
    caller::Administrator,
    given::{Given, Named},
    handler::routes,
    language::Spoken,
    problem::{Problem, ProblemBody},
};
use axum::{Json, extract::State, http::StatusCode};
use mail::{ContactKey, UserKey};
use mailroom::people::{
    erasure::{self, erase, let_come_again},
    personal::Subject,
};
use serde::{Deserialize, Serialize};
use store::erasure::Erasure;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(of_contact, erase_contact))
        .routes(routes!(of_user, erase_user))
        .routes(routes!(again))
}

/// A contact to be erased.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ContactErasureForm, example = json!({"name": "Jan Jansen", "mail": false}))]
struct ContactForm {
    /// What they are called, exactly: so that nobody else is erased.
    #[schema(min_length = 1, max_length = 500)]
    name: String,
    /// The mail that is theirs alone goes too, here and on its server.
    #[serde(default)]
    mail: bool,
}

/// A user to be erased.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UserErasureForm, example = json!({"name": "Els de Wit"}))]
struct UserForm {
    /// What they are called, exactly, or their address when they have no name: so that nobody else is erased.
    #[schema(min_length = 1, max_length = 500)]
    name: String,
}

/// Somebody who was erased and comes again: an address, an id elsewhere, or both.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ErasedAgain, example = json!({"address": "jan@voorbeeld.nl"}))]
struct AgainForm {
    #[schema(max_length = 320)]
    address: Option<String>,
    /// How the business software calls them.
    external: Option<ExternalForm>,
}

/// How far an erasure is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Erasure)]
struct ErasureShown {
    #[schema(value_type = id::UserId)]
    asked_by: UserKey,
    asked_at: Instant,
    /// Messages that go with the person, each counted once.
    messages: u64,
    /// Of those, how many are still here.
    left: u64,
    /// When nothing was left of it any more, in what the database freed neither; null: it goes on.
    #[schema(required)]
    finished_at: Option<Instant>,
}

/// How far the erasure of a contact is.
#[utoipa::path(get, path = "/contacts/{id}/erasure", tag = "contacts", params(("id" = id::ContactId, Path)),
    responses((status = 200, description = "How far it is.", body = ErasureShown)))]
async fn of_contact(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    Named(key): Named<ContactKey>,
) -> Result<Json<ErasureShown>, Problem> {
    Ok(Json(erasure::state(&state.room, &caller.viewer, Subject::Contact(key)).await?.into()))
}

/// Erases a contact, for good. Mail with them stays, unless it is named.
#[utoipa::path(post, path = "/contacts/{id}/erasure", tag = "contacts", params(("id" = id::ContactId, Path)),
    request_body = ContactForm,
    responses(
        (status = 202, description = "They are erased; their mail goes.", body = ErasureShown),
        (status = 409, description = "Mail to them still waits.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn erase_contact(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    Spoken(language): Spoken,
    Named(key): Named<ContactKey>,
    Given { value, .. }: Given<ContactForm>,
) -> Result<(StatusCode, Json<ErasureShown>), Problem> {
    let ContactForm { name, mail } = value;
    let begun = erase(&state.room, &caller.viewer, Subject::Contact(key), &name, mail, language).await?;
    Ok((StatusCode::ACCEPTED, Json(begun.into())))
}

/// How far the erasure of a user is.
#[utoipa::path(get, path = "/users/{id}/erasure", tag = "people", params(("id" = id::UserId, Path)),
    responses((status = 200, description = "How far it is.", body = ErasureShown)))]
async fn of_user(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    Named(key): Named<UserKey>,
) -> Result<Json<ErasureShown>, Problem> {
    Ok(Json(erasure::state(&state.room, &caller.viewer, Subject::User(key)).await?.into()))
}

/// Erases a user who left, for good: who they were. What they did and wrote stays, as that of a former colleague.
#[utoipa::path(post, path = "/users/{id}/erasure", tag = "people", params(("id" = id::UserId, Path)),
    request_body = UserForm,
    responses(
        (status = 202, description = "They are erased.", body = ErasureShown),
        (status = 409, description = "They are the last administrator, alone manage a mailbox, ask it themselves, or mail to them still waits.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn erase_user(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    Spoken(language): Spoken,
    Named(key): Named<UserKey>,
    Given { value, .. }: Given<UserForm>,
) -> Result<(StatusCode, Json<ErasureShown>), Problem> {
    let begun = erase(&state.room, &caller.viewer, Subject::User(key), &value.name, false, language).await?;
    // Their tokens stop working at once.
    state.tokens.forget();
    Ok((StatusCode::ACCEPTED, Json(begun.into())))
}

/// Lets somebody come again who was erased. Until then, making or sending them is refused with the code `erased`.
#[utoipa::path(post, path = "/erasures/again", tag = "people", request_body = AgainForm,
    responses((status = 204, description = "They may come again, if they had been erased.")))]
async fn again(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    Given { value, .. }: Given<AgainForm>,
) -> Result<StatusCode, Problem> {
    let AgainForm { address, external } = value;
    let_come_again(&state.room, &caller.viewer, address, external.map(ExternalForm::into)).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<Erasure> for ErasureShown {
    fn from(erasure: Erasure) -> ErasureShown {
        let Erasure { asked_by, asked_at, messages, left, cleaned_at, .. } = erasure;
        let finished_at = cleaned_at.map(Instant);
        ErasureShown { asked_by, asked_at: Instant(asked_at), messages, left, finished_at }
    }
}

#[cfg(test)]
mod tests {
    use crate::trial::Trial;
    use axum::http::StatusCode;
    use serde_json::{Value, json};

    const RAW: &[u8] = b"From: Jan <jan@elders.example>\r\nTo: balie@ons.example\r\nSubject: Dag\r\n\r\nkanarie\r\n";

    #[tokio::test]
    async fn a_contact_is_erased_by_an_administrator_who_says_the_name_and_comes_back_when_one_allows_it() {
        let trial = Trial::new().await;
        let admin = &trial.ours.admin;
        let message = trial.message(RAW).await;
        let new = json!({"name": "Jan Jansen", "addresses": ["jan@elders.example"]});
        let jan = trial.call("POST", "/api/v1/contacts", admin, new.clone()).await.id();
        let path = format!("/api/v1/contacts/{jan}/erasure");
        assert_eq!(trial.get(&path, admin).await.status, StatusCode::NOT_FOUND, "nobody asked for it");
        let wanted = json!({"name": "Jan Jansen", "mail": true});
        for token in [&trial.ours.read, &trial.ours.write] {
            assert_eq!(trial.call("POST", &path, token, wanted.clone()).await.status, StatusCode::FORBIDDEN);
        }
        let other = trial.call("POST", &path, admin, json!({"name": "Jan"})).await;
        assert_eq!(other.json()["errors"][0]["code"], "name_differs", "{}", other.json());
        let erased = trial.call("POST", &path, admin, wanted).await;
        assert_eq!(erased.status, StatusCode::ACCEPTED, "{}", erased.json());
        assert_eq!((&erased.json()["messages"], &erased.json()["left"]), (&json!(1), &json!(0)));
        assert_eq!(trial.get(&path, admin).await.json()["finished_at"], Value::Null, "the night is still to come");
        for gone in [format!("/api/v1/contacts/{jan}"), format!("/api/v1/messages/{message}")] {
            assert_eq!(trial.get(&gone, admin).await.status, StatusCode::NOT_FOUND, "{gone}");
        }
        let refused = trial.call("POST", "/api/v1/contacts", admin, new.clone()).await;
        assert_eq!(refused.json()["errors"][0]["code"], "erased", "{}", refused.json());
        let again = json!({"address": "JAN@elders.example"});
        let again = trial.call("POST", "/api/v1/erasures/again", admin, again).await;
        assert_eq!(again.status, StatusCode::NO_CONTENT);
        assert_eq!(trial.call("POST", "/api/v1/contacts", admin, new).await.status, StatusCode::CREATED);
    }

    #[tokio::test]
    async fn a_user_who_left_becomes_a_former_colleague_and_nobody_erases_themselves() {
        let trial = Trial::new().await;
        let admin = &trial.ours.admin;
        let els = json!({"email": "els@ons.example", "name": "Els de Wit", "role": "member"});
        let els = trial.call("POST", "/api/v1/users", admin, els).await.id();
        let path = format!("/api/v1/users/{els}/erasure");
        let erased = trial.call("POST", &path, admin, json!({"name": "Els de Wit"})).await;
        assert_eq!(erased.status, StatusCode::ACCEPTED, "{}", erased.json());
        let shown = trial.get(&format!("/api/v1/users/{els}"), admin).await.json();
        assert_eq!((&shown["name"], &shown["active"]), (&json!("Former colleague"), &json!(false)), "{shown}");
        assert!(!shown.to_string().contains("els@ons.example"), "{shown}");
        let own = trial.get(&format!("/api/v1/users/{}", trial.ours.user), admin).await.json();
        let named = if own["name"] == "" { own["email"].clone() } else { own["name"].clone() };
        let path = format!("/api/v1/users/{}/erasure", trial.ours.user);
        let refused = trial.call("POST", &path, admin, json!({ "name": named })).await;
        assert_eq!(refused.json()["errors"][0]["code"], "yourself", "{}", refused.json());
    }
}
