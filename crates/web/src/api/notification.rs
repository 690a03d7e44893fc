//! What the caller wants to hear of: by letter while they are not looking, in their browser while a page is open.

use super::id;
use crate::{AppState, caller::Caller, given::Given, handler::routes, problem::Problem};
use axum::{Json, extract::State};
use mail::AccountKey;
use mailroom::people;
use serde::{Deserialize, Serialize};
use store::notification::{self, Choice, ChoicePatch};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get, change))
}

/// What the caller wants to hear of. A letter goes to their own address, when they did not use a page for five minutes, and at
/// most once an hour for a conversation; of private mail it says no subject.
#[derive(Debug, Serialize, ToSchema)]
struct Notifications {
    /// A letter when a colleague calls them in a note.
    letter_when_called: bool,
    /// A letter when somebody assigns them a conversation.
    letter_when_assigned: bool,
    /// A notice in the browser when a colleague calls them in a note.
    notice_when_called: bool,
    /// Notices in the browser of new mail in these accounts.
    #[schema(value_type = Vec<id::AccountId>)]
    notice_accounts: Vec<AccountKey>,
}

/// What changes about it; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NotificationsChange {
    letter_when_called: Option<bool>,
    letter_when_assigned: Option<bool>,
    notice_when_called: Option<bool>,
    /// Accounts that the caller may read.
    #[schema(value_type = Option<Vec<id::AccountId>>, max_items = 1000)]
    notice_accounts: Option<Vec<AccountKey>>,
}

/// What the caller wants to hear of.
#[utoipa::path(get, path = "/me/notifications", tag = "people",
    responses((status = 200, description = "What they chose.", body = Notifications)))]
async fn get(State(state): State<AppState>, caller: Caller) -> Result<Json<Notifications>, Problem> {
    let viewer = caller.viewer;
    let found = state.read(move |tx| Box::pin(async move { notification::get(tx, &viewer).await })).await?;
    Ok(Json(found.into()))
}

/// Changes what the caller wants to hear of.
#[utoipa::path(patch, path = "/me/notifications", tag = "people", request_body = NotificationsChange,
    responses((status = 200, description = "What they chose, as it is now.", body = Notifications)))]
async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Given { value, .. }: Given<NotificationsChange>,
) -> Result<Json<Notifications>, Problem> {
    let NotificationsChange { letter_when_called, letter_when_assigned, notice_when_called, notice_accounts } = value;
    let patch = ChoicePatch { letter_when_called, letter_when_assigned, notice_when_called, notice_accounts };
    Ok(Json(people::notification::change(&state.room, &caller.viewer, patch).await?.into()))
}

impl From<Choice> for Notifications {
    fn from(choice: Choice) -> Notifications {
        let Choice { letter_when_called, letter_when_assigned, notice_when_called, notice_accounts } = choice;
        Notifications { letter_when_called, letter_when_assigned, notice_when_called, notice_accounts }
    }
}

#[cfg(test)]
mod tests {
    use crate::trial::Trial;
    use axum::http::StatusCode;
    use serde_json::json;

    const PATH: &str = "/api/v1/me/notifications";

    #[tokio::test]
    async fn everybody_chooses_what_they_hear_of_among_the_mailboxes_they_read() {
        let trial = Trial::new().await;
        let account = trial.account("info@ons.example").await;
        let begin = trial.get(PATH, &trial.ours.read).await.json();
        assert_eq!(begin["letter_when_called"], json!(true));
        assert_eq!(begin["notice_accounts"], json!([]));
        let asked = json!({ "letter_when_assigned": false, "notice_accounts": [account] });
        let saved = trial.call("PATCH", PATH, &trial.ours.write, asked.clone()).await;
        assert_eq!(saved.status, StatusCode::OK, "{}", saved.json());
        assert_eq!(saved.json()["notice_accounts"], json!([account]));
        assert_eq!(saved.json()["letter_when_assigned"], json!(false));
        assert_eq!(saved.json()["letter_when_called"], json!(true), "what was left out stays");
        let strange = trial.call("PATCH", PATH, &trial.theirs.admin, asked).await;
        assert_eq!(strange.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(strange.json()["errors"][0]["field"], json!("notice_accounts"));
    }
}
