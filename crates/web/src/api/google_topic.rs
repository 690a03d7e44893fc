//! Being told by Google of new mail, over Pub/Sub (features M8).

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
use mailroom::accounts::topic::{self, HOOK, TopicInput};
use serde::{Deserialize, Serialize};
use store::google_topic::GoogleTopic;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use zeroize::Zeroizing;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get, set, remove))
}

/// Where Google tells of new mail, and where it is to post.
#[derive(Debug, Serialize, ToSchema)]
struct GoogleNotifications {
    /// None: new mail is seen at the interval.
    #[schema(required)]
    notifications: Option<TopicShown>,
    /// The address for the subscription, and its audience; none while this server does not know its own address.
    #[schema(required, example = "https://post.voorbeeld.nl/hooks/google")]
    address: Option<String>,
}

/// A topic.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GoogleTopic)]
struct TopicShown {
    /// The topic, as it stands at Google.
    #[schema(example = "projects/voorbeeld/topics/postkamer")]
    topic: String,
    /// The service account in whose name the subscription posts, or by which Postkamer fetches.
    service_account: String,
    /// The subscription from which Postkamer fetches; none: Google posts.
    #[schema(required, example = "projects/voorbeeld/subscriptions/postkamer")]
    subscription: Option<String>,
    set_at: Instant,
    /// When the last notification came.
    #[schema(required)]
    told_at: Option<Instant>,
    /// Why the last fetching failed, as Google said it; none: it went well.
    #[schema(required)]
    trouble: Option<String>,
}

/// A topic, as a whole.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TopicForm {
    /// `projects/PROJECT/topics/NAME`.
    #[schema(min_length = 1, max_length = 300)]
    topic: String,
    /// The address of the service account in whose name the subscription posts. Not needed with a key.
    #[serde(default)]
    #[schema(max_length = 320)]
    service_account: String,
    /// `projects/PROJECT/subscriptions/NAME`: Postkamer fetches from it, for a server that Google does not reach.
    #[serde(default)]
    #[schema(max_length = 300)]
    subscription: String,
    /// The key file of the service account that may read the subscription, as JSON in a text. Kept sealed, never shown; left out, the
    /// one that is kept stays.
    key: Option<String>,
}

/// Where Google tells of new mail.
#[utoipa::path(get, path = "/organisation/apps/google/notifications", tag = "people",
    responses((status = 200, description = "The topic, and the address for its subscription.", body = GoogleNotifications)))]
async fn get(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    here: Here,
) -> Result<Json<GoogleNotifications>, Problem> {
    let kept = topic::get(&state.room, &caller.viewer).await?;
    Ok(Json(shown(kept, here)))
}

/// Says where Google tells of new mail. The mailboxes at Gmail ask it to.
#[utoipa::path(put, path = "/organisation/apps/google/notifications", tag = "people", request_body = TopicForm,
    responses((status = 200, description = "The topic as it is now.", body = GoogleNotifications)))]
async fn set(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    here: Here,
    Given { value, .. }: Given<TopicForm>,
) -> Result<Json<GoogleNotifications>, Problem> {
    let saved = topic::set(&state.room, &caller.viewer, value.into()).await?;
    Ok(Json(shown(Some(saved), here)))
}

/// Goes on without. Google may post for another week, and is not believed.
#[utoipa::path(delete, path = "/organisation/apps/google/notifications", tag = "people",
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, description = "There is none.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn remove(State(state): State<AppState>, Administrator(caller): Administrator) -> Result<StatusCode, Problem> {
    topic::remove(&state.room, &caller.viewer).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<TopicForm> for TopicInput {
    fn from(form: TopicForm) -> TopicInput {
        let TopicForm { topic, service_account, subscription, key } = form;
        TopicInput { topic, service_account, subscription, key: key.map(Zeroizing::new) }
    }
}

fn shown(kept: Option<GoogleTopic>, Here(here): Here) -> GoogleNotifications {
    GoogleNotifications {
        notifications: kept.map(|kept| TopicShown {
            topic: kept.topic,
            service_account: kept.pusher,
            subscription: kept.subscription,
            set_at: Instant(kept.set_at),
            told_at: kept.told_at.map(Instant),
            trouble: kept.trouble,
        }),
        address: here.map(|here| format!("{here}{HOOK}")),
    }
}

#[cfg(test)]
mod tests {
    use crate::trial::Trial;
    use axum::http::StatusCode;
    use serde_json::{Value, json};

    const PATH: &str = "/api/v1/organisation/apps/google/notifications";

    #[tokio::test]
    async fn a_topic_is_kept_for_one_organisation_and_what_is_wrong_with_it_is_told_by_its_field() {
        let trial = Trial::new().await;
        let admin = &trial.ours.admin;
        assert_eq!(trial.get(PATH, admin).await.json()["notifications"], Value::Null);
        let form = json!({ "topic": "projects/p/topics/t", "service_account": "Post@p.iam.gserviceaccount.com" });
        let kept = trial.call_with("PUT", PATH, admin, &[("host", "post.example")], form.clone()).await;
        assert_eq!(kept.status, StatusCode::OK, "{}", kept.json());
        assert_eq!(kept.json()["address"], json!("http://post.example/hooks/google"));
        assert_eq!(kept.json()["notifications"]["service_account"], json!("post@p.iam.gserviceaccount.com"));
        assert_eq!(trial.get(PATH, &trial.theirs.admin).await.json()["notifications"], Value::Null);
        assert_eq!(trial.get(PATH, &trial.ours.write).await.status, StatusCode::FORBIDDEN);
        for (name, value, code) in [
            ("topic", "t", "not_a_topic"),
            ("topic", " ", "required"),
            ("service_account", "x", "not_an_address"),
            ("subscription", "projects/p/topics/t", "not_a_subscription"),
        ] {
            let mut wrong = form.clone();
            wrong[name] = json!(value);
            let refused = trial.call("PUT", PATH, admin, wrong).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
            let error = &refused.json()["errors"][0];
            assert_eq!((&error["field"], &error["code"]), (&json!(name), &json!(code)), "{error}");
        }
        // What it fetches with is asked for, and has to be a key file.
        let mut fetched = json!({ "topic": "projects/p/topics/t", "subscription": "projects/p/subscriptions/s" });
        for (key, code) in [(Value::Null, "required"), (json!(""), "required"), (json!("{}"), "no_key_file")] {
            fetched["key"] = key;
            let refused = trial.call("PUT", PATH, admin, fetched.clone()).await;
            let error = &refused.json()["errors"][0];
            assert_eq!((&error["field"], &error["code"]), (&json!("key"), &json!(code)), "{error}");
        }
        assert_eq!(trial.call("DELETE", PATH, admin, Value::Null).await.status, StatusCode::NO_CONTENT);
        assert_eq!(trial.call("DELETE", PATH, admin, Value::Null).await.status, StatusCode::NOT_FOUND);
    }
}
