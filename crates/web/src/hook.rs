//! What a provider posts to us. These paths are nobody's page and no part of the interface: whoever posts proves who they
//! are by a signature, and reads nothing but the status of the answer.

mod google;
mod microsoft;

use crate::{AppState, given::Named};
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use connect::mailgun::{Field, fields_of_form};
use mail::MailgunDomainKey;
use mailroom::mailgun::{self, Arrived, NotTaken};
use tokio::sync::Semaphore;

/// A mail of 50 MiB, of which a form makes three bytes each at worst; Mailgun itself takes 25 MB.
const MAIL_LIMIT_BYTES: usize = 80 << 20;
/// How many such posts are held in memory at a time; the next one is asked to come again.
static AT_ONCE: Semaphore = Semaphore::const_new(4);

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/hooks/mailgun/{id}/mime", post(mail).layer(DefaultBodyLimit::max(MAIL_LIMIT_BYTES)))
        .route("/hooks/mailgun/{id}/events", post(event))
        .merge(google::routes())
        .merge(microsoft::routes())
}

/// Mail that came in.
async fn mail(State(state): State<AppState>, Named(id): Named<MailgunDomainKey>, request: Request) -> Response {
    let Ok(_turn) = AT_ONCE.try_acquire() else {
        return said(StatusCode::SERVICE_UNAVAILABLE, "too many at once; come again");
    };
    let Some(fields) = fields(request).await else {
        return said(StatusCode::BAD_REQUEST, "this is not a whole form");
    };
    answered(mailgun::arrive(&state.room, id, &fields).await)
}

/// What became of mail that left.
async fn event(State(state): State<AppState>, Named(id): Named<MailgunDomainKey>, body: Bytes) -> Response {
    answered(mailgun::happen(&state.room, id, &body).await)
}

async fn fields(request: Request) -> Option<Vec<Field>> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("multipart/form-data") {
        let body = Bytes::from_request(request, &()).await.ok()?;
        return Some(fields_of_form(&body));
    }
    let mut parts = Multipart::from_request(request, &()).await.ok()?;
    let mut fields = Vec::new();
    while let Some(part) = parts.next_field().await.ok()? {
        let name = part.name().unwrap_or_default().to_owned();
        let (file_name, kind) = (part.file_name().map(str::to_owned), part.content_type().map(str::to_owned));
        fields.push(Field { name, file_name, kind, value: part.bytes().await.ok()? });
    }
    Some(fields)
}

/// 200 and 406 end it; after anything else Mailgun posts it again, for eight hours (documentation.mailgun.com, Webhooks).
fn answered(done: Result<Arrived, NotTaken>) -> Response {
    match done {
        Ok(Arrived::New) => said(StatusCode::OK, "taken"),
        Ok(Arrived::Again) => said(StatusCode::OK, "taken before"),
        Err(error) => {
            let status = match error {
                NotTaken::Unknown => StatusCode::NOT_FOUND,
                NotTaken::Unproven(_) => StatusCode::UNAUTHORIZED,
                NotTaken::Refused(_) => StatusCode::NOT_ACCEPTABLE,
                NotTaken::Later(ref why) => {
                    tracing::warn!(why, "a post of Mailgun could not be taken now");
                    return said(StatusCode::SERVICE_UNAVAILABLE, "not now; come again");
                }
            };
            said(status, &error.to_string())
        }
    }
}

fn said(status: StatusCode, words: &str) -> Response {
    (status, format!("{words}\n")).into_response()
}
