//! The organisation itself: its name, and what it asks of its administrators.

use super::id;
use crate::{
    AppState,
    caller::{Administrator, Caller},
    given::Given,
    handler::routes,
    problem::{Problem, ProblemBody},
};
use axum::{Json, extract::State};
use mail::OrganisationKey;
use mailroom::people::organisation::{self as verb, OrganisationPatch};
use serde::{Deserialize, Serialize};
use store::organisation::{self, Organisation};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get, change))
}

/// Where the caller works, and what it asks.
#[derive(Debug, Serialize, ToSchema)]
struct OrganisationSettings {
    #[schema(value_type = id::OrganisationId)]
    id: OrganisationKey,
    name: String,
    /// An administrator without a second factor can do nothing here, by page or by token, but take one.
    second_factor_for_administrators: bool,
}

/// What changes about the organisation; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OrganisationChange {
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// Only who has a second factor can ask it of the others.
    second_factor_for_administrators: Option<bool>,
}

/// The organisation.
#[utoipa::path(get, path = "/organisation", tag = "people",
    responses((status = 200, description = "Where the caller works.", body = OrganisationSettings)))]
async fn get(State(state): State<AppState>, caller: Caller) -> Result<Json<OrganisationSettings>, Problem> {
    let id = caller.viewer.organisation;
    let found = state.read(move |tx| Box::pin(async move { organisation::get(tx, id).await })).await?;
    Ok(Json(found.into()))
}

/// Changes the organisation.
#[utoipa::path(patch, path = "/organisation", tag = "people", request_body = OrganisationChange,
    responses(
        (status = 200, description = "The organisation as it is now.", body = OrganisationSettings),
        (status = 409, description = "The caller has no second factor to ask of others.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn change(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    Given { value, .. }: Given<OrganisationChange>,
) -> Result<Json<OrganisationSettings>, Problem> {
    let OrganisationChange { name, second_factor_for_administrators } = value;
    let patch = OrganisationPatch { name, second_factor_for_administrators };
    let saved = verb::change(&state.room, &caller.viewer, patch).await?;
    state.tokens.forget();
    Ok(Json(saved.into()))
}

impl From<Organisation> for OrganisationSettings {
    fn from(organisation: Organisation) -> OrganisationSettings {
        OrganisationSettings {
            id: organisation.id,
            name: organisation.name,
            second_factor_for_administrators: organisation.second_factor_for_administrators,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::trial::Trial;
    use axum::http::StatusCode;
    use serde_json::json;

    const PATH: &str = "/api/v1/organisation";

    #[tokio::test]
    async fn who_asks_a_second_factor_of_others_has_one() {
        let trial = Trial::new().await;
        let asked = json!({ "second_factor_for_administrators": true });
        let refused = trial.call("PATCH", PATH, &trial.ours.admin, asked).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert_eq!(refused.json()["errors"][0]["code"], json!("second_factor_first"));
        let renamed = trial.call("PATCH", PATH, &trial.ours.admin, json!({ "name": "Nieuwe naam" })).await;
        assert_eq!(renamed.json()["name"], json!("Nieuwe naam"));
        assert_eq!(trial.call("PATCH", PATH, &trial.ours.write, json!({})).await.status, StatusCode::FORBIDDEN);
    }

    #[tokio::test]
    async fn a_token_of_an_administrator_who_owes_a_second_factor_can_only_take_one() {
        let trial = Trial::new().await;
        let (room, organisation, token) = (&trial.state.room, trial.ours.organisation, &trial.ours.admin);
        let write = room.store.db.write(move |tx| {
            Box::pin(async move { store::organisation::ask_second_factor(tx, organisation, true).await })
        });
        write.await.unwrap();
        for path in ["/api/v1/me", "/api/v1/accounts", "/api/v1/events", PATH] {
            let refused = trial.get(path, token).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
            assert_eq!(refused.json()["errors"][0]["code"], json!("second_factor_owed"), "{path}");
        }
        let password = json!({ "password": "vier paarse olifanten lopen" });
        let begun = trial.call("POST", "/api/v1/me/second-factor", token, password).await;
        assert_eq!(begun.status, StatusCode::CREATED, "{}", begun.json());
        assert_eq!(trial.get("/api/v1/me", &trial.theirs.admin).await.status, StatusCode::OK);
    }
}
