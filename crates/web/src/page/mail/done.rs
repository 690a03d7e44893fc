//! What was done, and how to take it back. With script it comes with the answer, into the page that is there. Without, the
//! answer sends on to a page that can be loaded again without doing it twice (RFC 9110 §15.4.4), and the browser carries it
//! over there.

use crate::{
    page::{frame::Shown, origin, route},
    problem::Problem,
};
use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Redirect},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use mailroom::desk::undo::Before;
use serde::{Deserialize, Serialize};

/// What the browser carries it in.
const COOKIE: &str = "postkamer-done";
/// Browsers refuse a cookie over four kilobytes (RFC 6265bis §5.6).
const COOKIE_MAX: usize = 3800;
/// For these pages only, and not for long: the next page shows it, or nothing does.
const KEPT: &str = "Path=/mail; Max-Age=60; HttpOnly; SameSite=Lax";

/// What was done, and how to take it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Done {
    pub(super) words: String,
    /// [`Before`] as JSON; empty when there is nothing to take back.
    pub(super) before: String,
    pub(super) back: String,
    /// The conversation that is read stands otherwise once it is taken back.
    pub(super) of_open: bool,
}

impl Done {
    /// What was done to one, with the way back; `None` when nothing was.
    pub(super) fn to_one(words: String, before: &Before, back: String, of_open: bool) -> Result<Option<Done>, Problem> {
        if before.is_empty() {
            return Ok(None);
        }
        let before = serde_json::to_string(before).map_err(|error| Problem::internal(&error))?;
        Ok(Some(Done { words, before, back, of_open }))
    }

    /// What the browser carried here, if anything. Whoever forges it takes back only what they could do one by one.
    pub(super) fn carried(headers: &HeaderMap) -> Option<Done> {
        let fields = headers.get_all(header::COOKIE).into_iter().filter_map(|field| field.to_str().ok());
        let mut pairs = fields.flat_map(|field| field.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let (_, carried) = pairs.find(|(name, _)| *name == COOKIE)?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(carried).ok()?).ok()
    }
}

/// Without script, the way on to the page where what was done is told; `None` when the script puts the answer into the page
/// that is there, or when it is more than a browser carries. Over TLS the browser never carries it in the open.
pub(super) fn sent_on(is_secure: bool, headers: &HeaderMap, there: &str, done: Option<&Done>) -> Option<Shown> {
    if route::is_partial(headers) {
        return None;
    }
    let mut response = Redirect::to(origin::onward(Some(there))).into_response();
    if let Some(done) = done {
        let carried = URL_SAFE_NO_PAD.encode(serde_json::to_vec(done).ok()?);
        let cookie = format!("{COOKIE}={carried}; {KEPT}{}", secure(is_secure));
        if cookie.len() > COOKIE_MAX {
            return None;
        }
        response.headers_mut().append(header::SET_COOKIE, HeaderValue::from_str(&cookie).ok()?);
    }
    Some(Ok(response))
}

/// It was told: a page that is loaded again does not tell it again.
pub(super) fn told(is_secure: bool, shown: Shown) -> Shown {
    let mut response = shown?;
    let gone = format!("{COOKIE}=; Path=/mail; Max-Age=0; HttpOnly; SameSite=Lax{}", secure(is_secure));
    if let Ok(gone) = HeaderValue::from_str(&gone) {
        response.headers_mut().append(header::SET_COOKIE, gone);
    }
    Ok(response)
}

fn secure(is_secure: bool) -> &'static str {
    if is_secure { "; Secure" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(before: &str) -> Done {
        Done { words: "Gesprek gesloten".into(), before: before.into(), back: "/mail".into(), of_open: true }
    }

    #[test]
    fn what_was_done_is_carried_over_whole_or_not_at_all() {
        let without_script = HeaderMap::new();
        let answer = sent_on(true, &without_script, "/mail/cnv_1", Some(&done("{}"))).unwrap().unwrap();
        assert_eq!(answer.status(), 303);
        assert_eq!(answer.headers()[header::LOCATION], "/mail/cnv_1");
        let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap();
        assert!(cookie.ends_with("; Secure"), "{cookie}");
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let carried = |cookie: &str| {
            let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(cookie).unwrap())]);
            Done::carried(&headers)
        };
        assert_eq!(carried(&format!("postkamer=x; {cookie}")), Some(done("{}")));
        assert_eq!(carried("postkamer-done=nonsense"), None);
        assert!(
            sent_on(false, &without_script, "/mail", Some(&done(&"x".repeat(4000)))).is_none(),
            "then it is answered at once"
        );
        let script = HeaderMap::from_iter([("hx-request".parse().unwrap(), HeaderValue::from_static("true"))]);
        assert!(sent_on(false, &script, "/mail", Some(&done("{}"))).is_none());
    }
}
