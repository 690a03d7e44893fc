//! What a program gets when its request did not work: RFC 9457 `application/problem+json`, in the language it asked for.
//!
//! A handler answers a [`Problem`]; the words are chosen on the way out by [`speak`], where the request's
//! `Accept-Language` is known. So no handler has to carry a language around.

use crate::{
    language::{self, phrase},
    page,
};
use axum::{
    Json,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use connect::ConnectError;
use mailroom::words::{FieldError, Language, Phrase, Refusal, Text, cause, text};
use serde::Serialize;
use store::StoreError;

/// Why a request was not done.
#[derive(Debug, Clone)]
pub struct Problem {
    pub(crate) kind: Kind,
    pub(crate) detail: Phrase,
    pub(crate) errors: Vec<FieldError>,
    pub(crate) retry_after_seconds: Option<u64>,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $status:ident $code:literal $nl:literal $en:literal;)*) => {
        /// The kinds of problem; the code is the last part of `type` and never changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Kind { $($(#[$doc])* $name,)* }

        impl Kind {
            pub(crate) const ALL: &[Kind] = &[$(Kind::$name,)*];

            pub(crate) fn status(self) -> StatusCode {
                match self { $(Kind::$name => StatusCode::$status,)* }
            }

            pub(crate) fn code(self) -> &'static str {
                match self { $(Kind::$name => $code,)* }
            }

            pub(crate) fn title(self) -> Text {
                match self { $(Kind::$name => text($nl, $en),)* }
            }
        }
    };
}

kinds! {
    /// The body is no JSON at all.
    MalformedJson BAD_REQUEST "malformed_json" "De aanvraag is geen geldige JSON" "The request is not valid JSON";
    /// The request itself can't be read.
    BadRequest BAD_REQUEST "bad_request" "De aanvraag is onleesbaar" "The request can't be read";
    /// No token, or one that is not valid (any more).
    Unauthenticated UNAUTHORIZED "unauthenticated" "Geen geldig token" "No valid token";
    /// Seen, but not to be done by this token or user.
    Forbidden FORBIDDEN "forbidden" "Dit mag niet" "This is not allowed";
    /// Not there, or not to be seen: the two look alike on purpose.
    NotFound NOT_FOUND "not_found" "Niet gevonden" "Not found";
    /// There is such an address, but not for this method.
    MethodNotAllowed METHOD_NOT_ALLOWED "method_not_allowed" "Deze methode kan hier niet" "This method does not work here";
    /// It clashes with what is there now.
    Conflict CONFLICT "conflict" "Dit botst met wat er nu staat" "This clashes with what is there now";
    /// The first call with this Idempotency-Key still runs.
    StillRunning CONFLICT "idempotency_key_running" "De eerste aanvraag loopt nog" "The first request is still running";
    /// More than we take at once.
    TooLarge PAYLOAD_TOO_LARGE "too_large" "De aanvraag is te groot" "The request is too large";
    /// The body must be JSON.
    NotJson UNSUPPORTED_MEDIA_TYPE "unsupported_media_type" "De inhoud moet JSON zijn" "The content must be JSON";
    /// The input breaks a rule; `errors` says which.
    Invalid UNPROCESSABLE_ENTITY "invalid" "De invoer klopt niet" "The input is not right";
    /// The same key came with another body.
    KeyReused UNPROCESSABLE_ENTITY "idempotency_key_reused" "Deze Idempotency-Key is al voor iets anders gebruikt" "This Idempotency-Key was used for something else";
    /// Too many requests, or tries to sign in.
    TooMany TOO_MANY_REQUESTS "too_many_requests" "Te veel aanvragen" "Too many requests";
    /// A mistake of ours.
    Internal INTERNAL_SERVER_ERROR "internal" "Er ging bij ons iets mis" "Something went wrong on our side";
    /// The mail server would not do it.
    MailServer FAILED_DEPENDENCY "mail_server" "De mailserver werkte niet mee" "The mail server would not do it";
    /// The database, the blob store or a mail server does not answer now.
    Unavailable SERVICE_UNAVAILABLE "unavailable" "Nu even niet beschikbaar" "Not available right now";
    /// No room on the disk.
    Full INSUFFICIENT_STORAGE "full" "De schijf is vol" "The disk is full";
}

impl Problem {
    pub(crate) fn new(kind: Kind, nl: impl Into<String>, en: impl Into<String>) -> Problem {
        Problem { kind, detail: phrase(nl, en), errors: Vec::new(), retry_after_seconds: None }
    }

    pub(crate) fn not_found() -> Problem {
        Problem::new(
            Kind::NotFound,
            "Het gevraagde bestaat niet, of uw token mag het niet zien.",
            "What was asked for does not exist, or your token may not see it.",
        )
    }

    pub(crate) fn forbidden(nl: impl Into<String>, en: impl Into<String>) -> Problem {
        Problem::new(Kind::Forbidden, nl, en)
    }

    /// One wrong field.
    pub(crate) fn invalid(field: impl Into<String>, code: &'static str, message: impl Into<Phrase>) -> Problem {
        Problem::of_fields(Kind::Invalid, vec![FieldError { field: field.into(), code, message: message.into() }])
    }

    fn of_fields(kind: Kind, errors: Vec<FieldError>) -> Problem {
        let detail = errors.first().map(|error| error.message.clone()).unwrap_or_else(|| kind.title().into());
        Problem { kind, detail, errors, retry_after_seconds: None }
    }

    pub(crate) fn retry_after(mut self, seconds: u64) -> Problem {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// A mistake of ours: the log gets the cause, the caller only learns that there was one.
    pub(crate) fn internal(cause: &dyn std::fmt::Display) -> Problem {
        tracing::error!(%cause, "A request failed by a mistake of ours.");
        Problem::new(
            Kind::Internal,
            "Probeer het opnieuw; blijft het misgaan, meld het dan met het tijdstip.",
            "Try again; if it keeps failing, report it with the time.",
        )
    }

    pub(crate) fn unavailable() -> Problem {
        let problem = Problem::new(Kind::Unavailable, "Probeer het zo meteen opnieuw.", "Try again in a moment.");
        problem.retry_after(5)
    }

    fn body(&self, language: Language) -> ProblemBody {
        ProblemBody {
            kind: format!("/api/docs#{}", self.kind.code()),
            title: self.kind.title().say(language).to_owned(),
            status: self.kind.status().as_u16(),
            code: self.kind.code().to_owned(),
            detail: self.detail.say(language).to_owned(),
            errors: self.errors.iter().map(|error| FieldProblem::of(error, language)).collect(),
        }
    }
}

/// A request that was not done (RFC 9457).
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem, example = json!({
    "type": "/api/docs#invalid", "title": "The input is not right", "status": 422, "code": "invalid",
    "detail": "This field is missing.",
    "errors": [{"field": "address", "code": "missing_field", "message": "This field is missing."}]
}))]
pub(crate) struct ProblemBody {
    /// Names the kind of problem, and leads to its description.
    #[serde(rename = "type")]
    #[schema(format = "uri-reference")]
    kind: String,
    /// The kind in words.
    title: String,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// The kind for programs: the last part of `type`.
    code: String,
    /// What happened this time, and what to do.
    detail: String,
    /// What is wrong with the input, field by field.
    errors: Vec<FieldProblem>,
}

/// One thing wrong with the input.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = FieldProblem)]
pub(crate) struct FieldProblem {
    /// The path in the body, the query parameter, or the header.
    #[schema(example = "incoming.port")]
    field: String,
    /// For programs.
    #[schema(example = "missing_field")]
    code: String,
    /// For people, in the language of `Accept-Language` (nl or en).
    message: String,
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        match refusal {
            Refusal::NotFound => Problem::not_found(),
            Refusal::Invalid { errors } => {
                let reused = errors.iter().any(|error| error.code == Kind::KeyReused.code());
                Problem::of_fields(if reused { Kind::KeyReused } else { Kind::Invalid }, errors)
            }
            Refusal::Forbidden(error) => Problem::of_fields(Kind::Forbidden, vec![error]),
            Refusal::Conflict(error) if error.code == Kind::KeyReused.code() => {
                Problem::of_fields(Kind::KeyReused, vec![error])
            }
            Refusal::Conflict(error) => Problem::of_fields(Kind::Conflict, vec![error]),
            Refusal::Blocked { seconds } => {
                let problem = Problem {
                    kind: Kind::TooMany,
                    detail: mailroom::words::blocked(seconds),
                    errors: Vec::new(),
                    retry_after_seconds: None,
                };
                match seconds {
                    Some(seconds) => problem.retry_after(seconds),
                    None => problem,
                }
            }
            Refusal::StillRunning => Problem::new(
                Kind::StillRunning,
                "De eerste aanvraag met deze Idempotency-Key loopt nog; vraag het zo meteen opnieuw.",
                "The first request with this Idempotency-Key is still running; ask again in a moment.",
            )
            .retry_after(1),
            Refusal::Server(error) => error.into(),
            Refusal::Store(error) => error.into(),
        }
    }
}

impl From<ConnectError> for Problem {
    fn from(error: ConnectError) -> Problem {
        use ConnectError::*;
        let (cause, said) = match &error {
            Credentials { cause, words } | Settings { cause, words, .. } | Refused { cause, words } => {
                (*cause, words.0.clone())
            }
            Later { cause, reason, .. } => (*cause, reason.clone()),
            CursorLost => (connect::error::Cause::Protocol, String::new()),
            Uncertain(reason) => (connect::error::Cause::TimedOut, reason.clone()),
        };
        let explained = cause::of(cause);
        let detail = explained.told(&said);
        let errors = vec![FieldError { field: String::new(), code: explained.code, message: explained.cause.into() }];
        Problem { kind: Kind::MailServer, detail, errors, retry_after_seconds: None }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        match Refusal::from(error) {
            Refusal::Store(StoreError::Full) => Problem::new(
                Kind::Full,
                "Er is niets bewaard. Maak ruimte op de schijf; daarna gaat het vanzelf weer.",
                "Nothing was stored. Make room on the disk; after that it works again by itself.",
            ),
            Refusal::Store(StoreError::Unreachable(cause) | StoreError::Busy(cause)) => {
                tracing::warn!(%cause, "A request could not be served because the store does not answer.");
                Problem::unavailable()
            }
            Refusal::Store(StoreError::Closed) => Problem::unavailable(),
            Refusal::Store(error) => Problem::internal(&error),
            other => other.into(),
        }
    }
}

impl FieldProblem {
    pub(crate) fn of(error: &FieldError, language: Language) -> FieldProblem {
        let message = error.message.say(language).to_owned();
        FieldProblem { field: error.field.clone(), code: error.code.to_owned(), message }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.kind.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the words of a problem in the language that was asked for. Goes around everything else, so that whatever a
/// layer or a handler refuses is answered in one form.
pub(crate) async fn speak(request: Request, next: Next) -> Response {
    let language = language::asked(request.headers());
    let headers = request.headers().clone();
    let for_a_person = is_for_a_person(&request);
    let mut response = next.run(request).await;
    if for_a_person {
        return page::stranger(response, &headers);
    }
    let Some(problem) = response.extensions_mut().remove::<Problem>() else {
        return response;
    };
    let mut spoken = (problem.kind.status(), Json(problem.body(language))).into_response();
    for (name, value) in response.headers() {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            spoken.headers_mut().insert(name, value.clone());
        }
    }
    let headers = spoken.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language::code(language)));
    headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
    if problem.kind == Kind::Unauthenticated {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"Postkamer\""));
    }
    if let Some(seconds) = problem.retry_after_seconds {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    spoken
}

/// Whether a browser asks, outside the API: then the answer is a page.
fn is_for_a_person(request: &Request) -> bool {
    let accepts = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepts.contains("text/html") && !request.uri().path().starts_with("/api/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_problem_has_a_code_of_its_own() {
        let mut codes: Vec<_> = Kind::ALL.iter().map(|kind| kind.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Kind::ALL.len());
    }

    #[test]
    fn a_problem_says_its_words_in_the_language_asked_for() {
        let problem = Problem::invalid("to", "empty", text("Niemand.", "Nobody."));
        assert_eq!(problem.body(Language::Dutch).errors[0].message, "Niemand.");
        assert_eq!(problem.body(Language::English).detail, "Nobody.");
    }
}
