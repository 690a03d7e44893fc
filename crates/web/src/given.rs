//! Reading what a request gives us: body, query and path, strictly, with every mistake named by its field.
//!
//! Unknown fields are refused with their name: a misspelt `sned_at` that is silently ignored sends a mail at once.

use crate::{
    AppState,
    language::phrase,
    problem::{Kind, Problem},
};
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::IntoResponse,
};
use mailroom::words::{Phrase, text};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use std::str::FromStr;

/// The JSON body of a request, with the digest of what is asked: method, path and bytes (for `Idempotency-Key`).
pub(crate) struct Given<T> {
    pub(crate) value: T,
    pub(crate) digest: [u8; 32],
}

impl<T: DeserializeOwned> FromRequest<AppState> for Given<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        let mut asked = blake3::Hasher::new();
        asked.update(request.method().as_str().as_bytes()).update(b" ");
        asked.update(request.uri().path().as_bytes()).update(b"\n");
        let bytes = json_of(request, state).await?;
        asked.update(&bytes);
        // The fields of a form have names; without this check serde would also read them from a list, by their order.
        if bytes.trim_ascii_start().starts_with(b"[") {
            let words = text("Stuur een object met velden, geen lijst.", "Send an object with fields, not a list.");
            return Err(Problem::invalid("", "invalid_value", words));
        }
        Ok(Given { value: parse(&bytes)?, digest: *asked.finalize().as_bytes() })
    }
}

/// The JSON body of a request, where that is a list.
pub(crate) struct GivenList<T>(pub(crate) Vec<T>);

impl<T: DeserializeOwned> FromRequest<AppState> for GivenList<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        let bytes = json_of(request, state).await?;
        Ok(GivenList(parse(&bytes)?))
    }
}

/// The query of a request.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<AppState> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        let query = Query::<T>::try_from_uri(&parts.uri).map_err(|rejection| {
            let told = rejection.body_text();
            let said = told.strip_prefix("Failed to deserialize query string: ").unwrap_or(&told);
            let (field, said) = match said.split_once(": ") {
                Some((field, rest)) if !field.contains(' ') => (field, rest),
                _ => ("", said),
            };
            wrong_field(field, said)
        })?;
        Ok(Asked(query.0))
    }
}

/// A key in the path. What has not the form of one can't exist, so it answers 404 like any other unknown id.
pub(crate) struct Named<K>(pub(crate) K);

impl<K: FromStr> FromRequestParts<AppState> for Named<K> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| Problem::not_found())?;
        text.parse().map(Named).map_err(|_| Problem::not_found())
    }
}

/// Two keys in the path.
pub(crate) struct NamedPair<A, B>(pub(crate) A, pub(crate) B);

impl<A: FromStr, B: FromStr> FromRequestParts<AppState> for NamedPair<A, B> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let Path((first, second)) =
            Path::<(String, String)>::from_request_parts(parts, state).await.map_err(|_| Problem::not_found())?;
        match (first.parse(), second.parse()) {
            (Ok(first), Ok(second)) => Ok(NamedPair(first, second)),
            _ => Err(Problem::not_found()),
        }
    }
}

/// For a field of a PATCH that can be set to nothing: absent is `None`, `null` is `Some(None)`.
pub(crate) fn or_null<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

async fn json_of(request: Request, state: &AppState) -> Result<Bytes, Problem> {
    if !says_json(request.headers()) {
        return Err(Problem::new(
            Kind::NotJson,
            "Stuur de inhoud als JSON, met Content-Type: application/json.",
            "Send the content as JSON, with Content-Type: application/json.",
        ));
    }
    Bytes::from_request(request, state).await.map_err(not_read)
}

fn says_json(headers: &HeaderMap) -> bool {
    let said = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    said.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

fn not_read(rejection: BytesRejection) -> Problem {
    if rejection.into_response().status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::new(
            Kind::TooLarge,
            "Stuur minder in één keer: 1 MiB, of 70 MiB voor een mail met bijlagen.",
            "Send less at once: 1 MiB, or 70 MiB for a mail with attachments.",
        );
    }
    Problem::new(Kind::BadRequest, "De inhoud kwam niet heel over.", "The content did not arrive complete.")
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let cause = error.into_inner();
        if cause.is_data() { wrong_field(path.trim_matches('.'), &cause.to_string()) } else { not_json(&cause) }
    })?;
    reader.end().map_err(|error| not_json(&error))?;
    Ok(value)
}

fn not_json(error: &serde_json::Error) -> Problem {
    let (line, column) = (error.line(), error.column());
    Problem::new(
        Kind::MalformedJson,
        format!("Regel {line}, teken {column} is geen JSON."),
        format!("Line {line}, column {column} is no JSON."),
    )
}

/// The mistake that serde reports, as the field it is in and a code. The value itself is never repeated: it may be a
/// password in the wrong place.
fn wrong_field(path: &str, said: &str) -> Problem {
    let quoted = |text: &str| text.split('`').nth(1).unwrap_or_default().chars().take(100).collect::<String>();
    let inside = |name: &str| match path {
        "" => name.to_owned(),
        _ if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
        _ => format!("{path}.{name}"),
    };
    let (field, code, message): (_, _, Phrase) = if said.starts_with("unknown field") {
        (inside(&quoted(said)), "unknown_field", text("Dit veld bestaat niet.", "There is no such field.").into())
    } else if said.starts_with("missing field") {
        (inside(&quoted(said)), "missing_field", text("Dit veld ontbreekt.", "This field is missing.").into())
    } else if said.starts_with("duplicate field") {
        (
            inside(&quoted(said)),
            "duplicate_field",
            text("Dit veld staat er twee keer.", "This field is there twice.").into(),
        )
    } else {
        let expected = said.rsplit_once("expected ").map(|(_, rest)| rest.split(" at line").next().unwrap_or(rest));
        let message = match expected {
            Some(expected) => phrase(
                format!("Deze waarde kan hier niet; verwacht: {expected}."),
                format!("This value does not fit here; expected: {expected}."),
            ),
            None => text("Deze waarde kan hier niet.", "This value does not fit here.").into(),
        };
        (path.to_owned(), "invalid_value", message)
    };
    Problem::invalid(field, code, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read by serde")]
    struct Outer {
        inner: Inner,
        #[serde(default, deserialize_with = "or_null")]
        until: Option<Option<String>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read by serde")]
    struct Inner {
        port: u16,
    }

    fn refused(text: &str) -> (String, &'static str) {
        let problem = parse::<Outer>(text.as_bytes()).unwrap_err();
        let error = problem.errors.first().cloned();
        error.map_or((String::new(), problem.kind.code()), |error| (error.field, error.code))
    }

    #[test]
    fn a_mistake_in_the_body_is_named_by_its_field() {
        assert_eq!(refused(r#"{"inner": {"port": "x"}}"#), ("inner.port".into(), "invalid_value"));
        assert_eq!(refused(r#"{"inner": {}}"#), ("inner.port".into(), "missing_field"));
        assert_eq!(refused(r#"{"inner": {"port": 1, "prot": 2}}"#), ("inner.prot".into(), "unknown_field"));
        assert_eq!(refused(r#"{"innr": {}}"#), ("innr".into(), "unknown_field"));
        assert_eq!(refused("{"), (String::new(), "malformed_json"));
        assert_eq!(refused(r#"{"inner": {"port": 1}} x"#), (String::new(), "malformed_json"));
    }

    #[test]
    fn a_wrong_value_is_not_repeated() {
        let problem = parse::<Outer>(br#"{"inner": {"port": "hunter2-canary"}}"#).unwrap_err();
        assert!(!format!("{problem:?}").contains("hunter2-canary"));
    }

    #[test]
    fn null_is_not_the_same_as_absent() {
        let read = |text: &str| parse::<Outer>(text.as_bytes()).unwrap().until;
        assert_eq!(read(r#"{"inner": {"port": 1}}"#), None);
        assert_eq!(read(r#"{"inner": {"port": 1}, "until": null}"#), Some(None));
    }
}
