//! Which of our two languages a request wants.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use mailroom::words::{Language, Phrase};
use std::convert::Infallible;

/// The language that `Accept-Language` prefers of the two we have (RFC 9110 §12.5.4). English unless Dutch weighs more:
/// programs that name no language are mostly read by their makers.
pub(crate) fn asked(headers: &HeaderMap) -> Language {
    let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (mut dutch, mut english) = (0.0_f32, 0.0_f32);
    for choice in wanted.split(',').take(20) {
        let (tag, parameter) = choice.split_once(';').unwrap_or((choice, ""));
        let weight = parameter.trim().strip_prefix("q=").map_or(1.0, |text| text.parse().unwrap_or(0.0));
        match tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "nl" => dutch = dutch.max(weight),
            "en" => english = english.max(weight),
            _ => {}
        }
    }
    if dutch > english { Language::Dutch } else { Language::English }
}

/// The language a request wants, for answers that hold words.
pub(crate) struct Spoken(pub(crate) Language);

impl<S: Sync> FromRequestParts<S> for Spoken {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Spoken, Infallible> {
        Ok(Spoken(asked(&parts.headers)))
    }
}

/// `nl` or `en`.
pub(crate) fn code(language: Language) -> &'static str {
    match language {
        Language::Dutch => "nl",
        Language::English => "en",
    }
}

/// Words made on the spot, Dutch first.
pub(crate) fn phrase(nl: impl Into<String>, en: impl Into<String>) -> Phrase {
    Phrase { nl: nl.into(), en: en.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked_by(text: &'static str) -> &'static str {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, text.parse().unwrap());
        code(asked(&headers))
    }

    #[test]
    fn the_heavier_of_the_two_languages_is_spoken() {
        assert_eq!(asked_by("nl-BE,nl;q=0.9,en;q=0.8"), "nl");
        assert_eq!(asked_by("de, en;q=0.5, nl;q=0.4"), "en");
        assert_eq!(asked_by("fr, nl;q=0.1"), "nl");
        assert_eq!(asked_by("nonsense;;q=x"), "en");
    }
}
