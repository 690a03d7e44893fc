//! Lists: `?limit=50&cursor=C` gives `{"items": [...], "next": "C2" or null}`.

use crate::problem::Problem;
use mailroom::words::{field, text};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use utoipa::{IntoParams, ToSchema};

/// How many items an answer has when nobody says.
pub(crate) const USUAL: usize = 50;

/// How many it has at most.
pub(crate) const MOST: usize = 200;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// The items of this page.
    pub(crate) items: Vec<T>,
    /// The cursor of the next page; null on the last.
    #[schema(required)]
    pub(crate) next: Option<String>,
}

impl<T> Page<T> {
    /// The page of what a list of the store answered.
    pub(crate) fn of<S, K: ToString>((items, next): (Vec<S>, Option<K>), shown: impl FnMut(S) -> T) -> Page<T> {
        Page { items: items.into_iter().map(shown).collect(), next: next.map(|key| key.to_string()) }
    }

    /// A list that is never longer than one page.
    pub(crate) fn all(items: Vec<T>) -> Page<T> {
        Page { items, next: None }
    }
}

/// Which page is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Turn {
    /// How many items at most.
    #[serde(default = "usual", deserialize_with = "limit")]
    #[param(minimum = 1, maximum = 200, default = 50, value_type = Option<u16>)]
    pub(crate) limit: usize,
    /// `next` of the page before.
    #[param(max_length = 100)]
    pub(crate) cursor: Option<String>,
}

pub(crate) fn usual() -> usize {
    USUAL
}

pub(crate) fn limit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.parse() {
        Ok(limit @ 1..=MOST) => Ok(limit),
        _ => Err(D::Error::custom("expected a number from 1 to 200")),
    }
}

/// What was typed to look for, or nothing.
pub(crate) fn query(typed: Option<&str>, most: usize) -> Result<Option<&str>, Problem> {
    if typed.is_some_and(|typed| typed.chars().count() > most) {
        return Err(Problem::invalid("q", "too_long", field::TOO_LONG.1));
    }
    Ok(typed.map(str::trim).filter(|typed| !typed.is_empty()))
}

/// The key that a cursor is made of. A cursor that is none is a mistake of the caller, not an empty list.
pub(crate) fn cursor<K: std::str::FromStr>(typed: Option<&str>) -> Result<Option<K>, Problem> {
    let Some(typed) = typed else { return Ok(None) };
    typed.parse().map(Some).map_err(|_| {
        let words = text("Dit is geen cursor van deze lijst.", "This is no cursor of this list.");
        Problem::invalid("cursor", "invalid_cursor", words)
    })
}
