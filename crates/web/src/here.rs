//! Where people reach us.

use crate::AppState;
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{header, request::Parts},
};
use std::{convert::Infallible, net::SocketAddr};

/// Our address without a slash at the end: as it was set (`base_url`), or else as this request came in. `None`: neither says.
///
/// A request's own word is good enough for what the person who sent it is shown or sent to, and for nobody else.
pub(crate) struct Here(pub(crate) Option<String>);

impl FromRequestParts<AppState> for Here {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Here, Infallible> {
        let set = state.room.config.base_url.trim_end_matches('/');
        Ok(Here(if set.is_empty() { of_request(parts) } else { Some(set.to_owned()) }))
    }
}

fn of_request(parts: &Parts) -> Option<String> {
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST.as_str())?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    if host.is_empty() || host.len() > 255 || !host.bytes().all(is_plain) {
        return None;
    }
    // As with the visitor's address, only a web server on this machine is believed.
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let is_in_front = peer.is_none_or(|peer| peer.0.ip().to_canonical().is_loopback());
    let over_tls = is_in_front && text("x-forwarded-proto").is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
    Some(format!("{}://{host}", if over_tls { "https" } else { "http" }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn seen(headers: &[(&str, &str)], peer: [u8; 4]) -> Option<String> {
        let mut request = Request::get("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        parts.extensions.insert(ConnectInfo(SocketAddr::from((peer, 4000))));
        of_request(&parts)
    }

    #[test]
    fn a_request_says_where_it_came_in_and_only_our_own_web_server_says_that_it_was_over_tls() {
        let host = ("host", "post.example:8025");
        let proxied = [host, ("x-forwarded-proto", "https")];
        assert_eq!(seen(&[host], [127, 0, 0, 1]).as_deref(), Some("http://post.example:8025"));
        assert_eq!(seen(&proxied, [127, 0, 0, 1]).as_deref(), Some("https://post.example:8025"));
        assert_eq!(seen(&proxied, [192, 0, 2, 1]).as_deref(), Some("http://post.example:8025"));
        assert_eq!(seen(&[], [127, 0, 0, 1]), None);
        assert_eq!(seen(&[("host", "a b/..")], [127, 0, 0, 1]), None);
    }
}
