//! What is known about one person, as an archive (GDPR, article 15).

use super::{id, message::download};
use crate::{AppState, caller::Caller, given::Named, handler::routes, language::Spoken, problem::Problem};
use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, header},
    response::Response,
};
use mail::{ContactKey, UserKey};
use mailroom::{
    people::personal::{self, Gathered, Subject},
    words::Language,
};
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(of_contact)).routes(routes!(of_user))
}

/// What is known about a contact, for an administrator.
///
/// A zip with `data.json` (details, dossiers, links, notes, what was sent) and every message with the contact that the
/// administrator may see, as an .eml file. The length is known from the beginning. The audit log tells of it.
#[utoipa::path(get, path = "/contacts/{id}/personal-data", tag = "contacts", params(("id" = id::ContactId, Path)),
    responses((status = 200, description = "The archive, as a download.", body = Vec<u8>, content_type = "application/zip",
        headers(("Content-Disposition" = String, description = "Always an attachment, with its name.")))))]
async fn of_contact(
    State(state): State<AppState>,
    caller: Caller,
    Spoken(language): Spoken,
    Named(key): Named<ContactKey>,
) -> Result<Response, Problem> {
    answer(&state, &caller, Subject::Contact(key), language).await
}

/// What is known about a user, for an administrator or for themselves.
///
/// A zip with `data.json` (who they are, what they may do, where they signed in, what they did and wrote) and every message
/// with their address that the caller may see, as an .eml file. Drafts are in it when users ask for their own.
#[utoipa::path(get, path = "/users/{id}/personal-data", tag = "people", params(("id" = id::UserId, Path)),
    responses((status = 200, description = "The archive, as a download.", body = Vec<u8>, content_type = "application/zip",
        headers(("Content-Disposition" = String, description = "Always an attachment, with its name.")))))]
async fn of_user(
    State(state): State<AppState>,
    caller: Caller,
    Spoken(language): Spoken,
    Named(key): Named<UserKey>,
) -> Result<Response, Problem> {
    answer(&state, &caller, Subject::User(key), language).await
}

async fn answer(state: &AppState, caller: &Caller, subject: Subject, language: Language) -> Result<Response, Problem> {
    if subject != Subject::User(caller.viewer.user) && !caller.is_administrator() {
        return Err(Problem::forbidden(
            "Dit kan alleen een beheerder, met een token met de bevoegdheid admin.",
            "Only an administrator can do this, with a token with the scope admin.",
        ));
    }
    Ok(archive(state, personal::take(&state.room, &caller.viewer, subject, language).await?))
}

/// The archive as a download, read while it is sent; a browser shows how much is still to come.
pub(crate) fn archive(state: &AppState, gathered: Gathered) -> Response {
    let (name, bytes) = (gathered.file_name.clone(), gathered.bytes);
    let mut response = download(&name, "application/zip", Body::from_stream(gathered.stream(state.room.store.clone())));
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(bytes));
    response
}

#[cfg(test)]
mod tests {
    use crate::trial::Trial;
    use axum::http::{StatusCode, header};
    use serde_json::json;

    const RAW: &[u8] = b"From: Jan <jan@elders.example>\r\nTo: balie@ons.example\r\nSubject: Dag\r\n\r\nkanarie\r\n";

    #[tokio::test]
    async fn what_is_known_about_a_contact_comes_whole_and_only_to_an_administrator() {
        let trial = Trial::new().await;
        let message = trial.message(RAW).await;
        let jan = json!({"name": "Jan Jansen", "addresses": ["JAN@elders.example"]});
        let jan = trial.call("POST", "/api/v1/contacts", &trial.ours.admin, jan).await.id();
        let shown = trial.get(&format!("/api/v1/messages/{message}"), &trial.ours.read).await.json();
        let conversation = shown["conversation"].as_str().expect("a conversation").to_owned();
        let note = json!({"text": "Jan belt terug over de dakgoot"});
        let path = format!("/api/v1/conversations/{conversation}/notes");
        assert_eq!(trial.call("POST", &path, &trial.ours.admin, note).await.status, StatusCode::CREATED);

        let path = format!("/api/v1/contacts/{jan}/personal-data");
        for token in [&trial.ours.read, &trial.ours.write] {
            assert_eq!(trial.get(&path, token).await.status, StatusCode::FORBIDDEN);
        }
        let answer = trial.get(&path, &trial.ours.admin).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.json());
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/zip");
        assert_eq!(answer.headers[header::CONTENT_LENGTH], answer.bytes.len().to_string(), "known beforehand");
        let has = |piece: &[u8]| answer.bytes.windows(piece.len()).any(|window| window == piece);
        assert!(has(RAW), "the mail as it came");
        assert!(has(format!("{message}.eml").as_bytes()) && has(b"data.json") && has(b"JAN@elders.example"));
        assert!(has("Jan belt terug over de dakgoot".as_bytes()), "what colleagues wrote beside it");
        let organisation = trial.ours.organisation;
        let log = trial
            .state
            .read(move |tx| Box::pin(async move { store::audit::list(tx, organisation, Some(&jan), None, 50).await }));
        let log = log.await.expect("the log").0;
        let copied = log.iter().filter(|entry| entry.action == "contact.copied").count();
        assert_eq!(copied, 1, "once, and not for those who were refused: {log:?}");
    }

    #[tokio::test]
    async fn what_is_known_about_a_user_holds_nothing_that_proves_who_they_are() {
        let trial = Trial::new().await;
        let path = format!("/api/v1/users/{}/personal-data", trial.ours.user);
        let draft = json!({"subject": "Half geschreven"});
        assert_eq!(trial.call("POST", "/api/v1/drafts", &trial.ours.write, draft).await.status, StatusCode::CREATED);
        let own = trial.get(&path, &trial.ours.read).await;
        assert_eq!(own.status, StatusCode::OK, "their own needs no right: {}", own.json());
        let text = String::from_utf8_lossy(&own.bytes).into_owned();
        assert!(text.contains("beheer@ons.example") && text.contains("Half geschreven"), "{text}");
        assert!(!text.contains("argon2") && !text.contains(trial.ours.admin.as_str()), "{text}");
        let theirs = trial.get(&path, &trial.theirs.admin).await;
        assert_eq!(theirs.status, StatusCode::NOT_FOUND);
    }
}
