//! Scripts and style sheets: bundled by `scripts/assets.sh`, embedded, and kept by browsers for a year, because the name
//! changes with the content.

use crate::problem::Problem;
use axum::{
    extract::Path,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};

struct Asset {
    /// With the digest of the content in it: `page-ABCD1234.css`.
    name: &'static str,
    plain: &'static [u8],
    brotli: &'static [u8],
    gzip: &'static [u8],
}

static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Where the asset that was written as `name` is served: `path_of("page.css")`.
pub(crate) fn path_of(name: &str) -> String {
    let (stem, end) = name.rsplit_once('.').unwrap_or((name, ""));
    let is_it = |asset: &&Asset| {
        let middle = asset.name.strip_prefix(stem).and_then(|rest| rest.strip_suffix(end));
        middle.is_some_and(|middle| middle.starts_with('-') && middle.ends_with('.'))
    };
    let found = ASSETS.iter().find(is_it).unwrap_or_else(|| panic!("there is no asset {name}"));
    format!("/assets/{}", found.name)
}

/// The bytes of an asset, in the smallest form that the browser takes.
pub(crate) async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    let asset = ASSETS.iter().find(|asset| asset.name == name).ok_or_else(Problem::not_found)?;
    let (bytes, encoding) = match accepted(&headers) {
        Some("br") => (asset.brotli, Some("br")),
        Some(gzip) => (asset.gzip, Some(gzip)),
        None => (asset.plain, None),
    };
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    let kind = if name.ends_with(".css") { "text/css; charset=utf-8" } else { "text/javascript; charset=utf-8" };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    Ok(response)
}

fn accepted(headers: &HeaderMap) -> Option<&'static str> {
    let accepted = headers.get(header::ACCEPT_ENCODING)?.to_str().ok()?;
    let takes = |name: &str| {
        accepted.split(',').any(|choice| {
            let (coding, weight) = choice.split_once(';').unwrap_or((choice, ""));
            coding.trim() == name && !matches!(weight.trim(), "q=0" | "q=0.0")
        })
    };
    ["br", "gzip"].into_iter().find(|name| takes(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_of_the_mail_page_stays_below_60_kb() {
        let script = ASSETS.iter().find(|asset| asset.name.starts_with("page-") && asset.name.ends_with(".js"));
        let size = script.expect("the page has a script").brotli.len();
        assert!(size < 60_000, "{size} bytes");
    }

    #[test]
    fn an_encoding_that_is_refused_is_not_used() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("br;q=0, gzip"));
        assert_eq!(accepted(&headers), Some("gzip"));
    }
}
