//! Bytes that came from strangers: always as a download, never as a document of ours.

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::Response,
};
use std::fmt::Write;

/// Types that no browser runs anything of. Everything else is handed out as bytes without a meaning.
const HARMLESS: &[&str] = &[
    "application/msword",
    "application/pdf",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/zip",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "message/rfc822",
    "text/calendar",
    "text/csv",
    "text/plain",
];

/// The bytes as a download under that name.
pub(crate) fn download(name: &str, content_type: &str, bytes: impl Into<Body>) -> Response {
    let content_type = HARMLESS.iter().find(|known| **known == content_type).unwrap_or(&"application/octet-stream");
    let mut response = Response::new(bytes.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    let disposition = HeaderValue::from_str(&disposition(name));
    headers.insert(header::CONTENT_DISPOSITION, disposition.unwrap_or(HeaderValue::from_static("attachment")));
    response
}

/// `attachment` with the name twice: in ASCII for old programs, in full for the others (RFC 6266 §4.3, RFC 8187 §3.2).
fn disposition(name: &str) -> String {
    let name: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
    let name = if name.is_empty() { "attachment".to_owned() } else { name };
    let plain: String =
        name.chars().map(|c| if c.is_ascii() && !matches!(c, '"' | '\\' | '/' | '%') { c } else { '_' }).collect();
    let mut full = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' => full.push(byte as char),
            _ => {
                let _ = write!(full, "%{byte:02X}");
            }
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{full}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_given_in_ascii_and_in_full() {
        assert_eq!(
            disposition("offerte \"é\".pdf"),
            "attachment; filename=\"offerte ___.pdf\"; filename*=UTF-8''offerte%20%22%C3%A9%22.pdf"
        );
    }

    #[test]
    fn a_name_can_not_add_a_header() {
        assert!(!disposition("a\r\nSet-Cookie: b").contains(['\r', '\n']));
        assert_eq!(disposition("\u{7}"), "attachment; filename=\"attachment\"; filename*=UTF-8''attachment");
    }

    #[test]
    fn a_picture_that_could_run_is_handed_out_as_mere_bytes() {
        for content_type in ["image/svg+xml", "text/html", "application/xhtml+xml", "text/xml", "nonsense"] {
            let response = download("foto.png", content_type, "<svg/>");
            assert_eq!(response.headers()[header::CONTENT_TYPE], "application/octet-stream", "{content_type}");
            assert!(response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("sandbox"));
        }
    }
}
