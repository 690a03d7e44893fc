//! Testing an account: every step to both servers, and a real mail that goes round.

use super::id;
use crate::{AppState, caller::Caller, given::Named, language::Spoken, problem::Problem};
use axum::{Json, extract::State};
use mail::AccountKey;
use mailroom::{
    accounts::{self, TestStep},
    words::Language,
};
use serde::Serialize;
use utoipa::ToSchema;

/// What a test showed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TestReport)]
pub(super) struct TestShown {
    /// Step by step, as far as it came.
    steps: Vec<StepShown>,
    /// Every step worked: a real mail went round.
    ok: bool,
}

/// One step of a test.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TestStep)]
struct StepShown {
    #[schema(value_type = StepName)]
    name: &'static str,
    #[schema(value_type = DirectionName)]
    direction: &'static str,
    ok: bool,
    /// Why not, for programs.
    #[schema(required)]
    code: Option<&'static str>,
    #[schema(required)]
    server_said: Option<String>,
    /// The likely cause.
    #[schema(required)]
    cause: Option<String>,
    /// What to do.
    #[schema(required)]
    fix: Option<String>,
    /// How long it took.
    millis: u64,
}

/// A step of a test.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes the names; mailroom makes them")]
enum StepName {
    Resolve,
    Connect,
    Tls,
    SignIn,
    Folders,
    Send,
    Receive,
}

/// Which half of an account.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes the names; mailroom makes them")]
enum DirectionName {
    Incoming,
    Outgoing,
}

/// Tests an account: resolve, connect, TLS, sign in, folders, send a mail to itself and see it arrive.
#[utoipa::path(post, path = "/accounts/{id}/test", tag = "accounts", params(("id" = id::AccountId, Path)),
    responses((status = 200, description = "What was seen, also when it failed.", body = TestShown)))]
pub(super) async fn test(
    State(state): State<AppState>,
    caller: Caller,
    Spoken(language): Spoken,
    Named(account): Named<AccountKey>,
) -> Result<Json<TestShown>, Problem> {
    let report = accounts::test(&state.room, &caller.viewer, account).await?;
    let steps = report.steps.into_iter().map(|step| StepShown::of(step, language)).collect();
    Ok(Json(TestShown { steps, ok: report.ok }))
}

impl StepShown {
    fn of(step: TestStep, language: Language) -> StepShown {
        StepShown {
            name: step.name,
            direction: step.direction,
            ok: step.ok,
            code: step.code,
            server_said: step.server_said,
            cause: step.cause.map(|words| words.say(language).to_owned()),
            fix: step.fix.map(|words| words.say(language).to_owned()),
            millis: step.millis,
        }
    }
}
