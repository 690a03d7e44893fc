//! Where a form was sent from. Together with the token in the form it keeps other sites from acting for a visitor
//! (reliability.md, case 59).

use axum::http::{HeaderMap, header};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// Whether a request that changes something came from a page of ours, as far as the browser says.
///
/// `Sec-Fetch-Site` (Fetch Metadata) can't be forged by a page; older browsers send `Origin` (RFC 6454 §7). A program
/// that sends neither is held to the token alone.
pub(crate) fn is_ours(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text("sec-fetch-site")
        && site != "same-origin"
    {
        return false;
    }
    match (text("origin"), text(header::HOST.as_str())) {
        (None, _) => true,
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, from)| from.eq_ignore_ascii_case(host)),
        (Some(_), None) => false,
    }
}

/// The token that a form of this session carries: made from the session's own, so that nothing has to be kept, and
/// useless for anything else.
pub(crate) fn form_token(session: &str) -> String {
    URL_SAFE_NO_PAD.encode(blake3::derive_key("postkamer 2026 form token", session.as_bytes()))
}

/// Whether the token of a form belongs to this session. The comparison takes as long for a near miss.
pub(crate) fn belongs(session: &str, token: &str) -> bool {
    let given = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let wanted = blake3::Hash::from(blake3::derive_key("postkamer 2026 form token", session.as_bytes()));
    given.is_some_and(|given| wanted == blake3::Hash::from(given))
}

/// A path of ours to go on to, or `/mail`: never another site, whatever a link says (an open redirect).
///
/// Browsers read `//host`, `/\host` and control characters in between as the beginning of another host.
pub(crate) fn onward(wanted: Option<&str>) -> &str {
    let is_plain = |path: &&str| {
        let tail = path.strip_prefix('/').unwrap_or("/");
        !tail.starts_with(['/', '\\']) && path.bytes().all(|byte| (0x21..0x7f).contains(&byte) && byte != b'\\')
    };
    wanted.filter(is_plain).filter(|path| path.len() <= 1000 && !path.starts_with("/sign-")).unwrap_or("/mail")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn only_a_page_of_ours_sends_us_a_form() {
        assert!(is_ours(&headers(&[("host", "post.example"), ("origin", "https://post.example")])));
        assert!(is_ours(&headers(&[("host", "post.example"), ("sec-fetch-site", "same-origin")])));
        for foreign in [
            [("host", "post.example"), ("origin", "https://kwaad.example")],
            [("host", "post.example"), ("origin", "null")],
            [("host", "post.example"), ("sec-fetch-site", "cross-site")],
            [("host", "post.example"), ("sec-fetch-site", "same-site")],
            [("x", "y"), ("origin", "https://post.example")],
        ] {
            assert!(!is_ours(&headers(&foreign)), "{foreign:?}");
        }
    }

    #[test]
    fn a_form_token_belongs_to_one_session() {
        let token = form_token("session-1");
        assert!(belongs("session-1", &token));
        assert!(!belongs("session-2", &token));
        assert!(!belongs("session-1", ""));
        assert!(!belongs("session-1", "nonsense"));
    }

    #[test]
    fn the_way_onward_never_leaves_the_house() {
        assert_eq!(onward(Some("/mail/cnv_1?folder=2")), "/mail/cnv_1?folder=2");
        for elsewhere in [
            "//kwaad.example",
            "/\\kwaad.example",
            "https://kwaad.example",
            "/\t/kwaad.example",
            "mail",
            "",
            "/a\\b",
            "/sign-in",
        ] {
            assert_eq!(onward(Some(elsewhere)), "/mail", "{elsewhere:?}");
        }
        assert_eq!(onward(None), "/mail");
    }
}
