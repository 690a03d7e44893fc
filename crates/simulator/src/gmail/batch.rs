//! Many requests in one (developers.google.com/workspace/gmail/api/guides/batch).

use super::fault;
use crate::{
    asked::{Asked, Reply},
    cloud::Cloud,
};
use std::collections::HashMap;

/// Requests in one batch at most.
const MOST: usize = 100;

pub fn answer(cloud: &mut Cloud, asked: &Asked) -> Reply {
    let kind = asked.headers.get("content-type").map_or("", String::as_str);
    let boundary = kind.split("boundary=").nth(1).map(|rest| rest.split(';').next().unwrap_or_default());
    let Some(boundary) = boundary.filter(|_| kind.starts_with("multipart/mixed")) else {
        return fault::error(400, "badContent", "INVALID_ARGUMENT", "The batch request could not be parsed.");
    };
    let body = String::from_utf8_lossy(&asked.body).replace("\r\n", "\n");
    let mark = format!("--{}", boundary.trim().trim_matches('"'));
    let parts: Vec<&str> = body.split(mark.as_str()).skip(1).filter(|part| !part.starts_with("--")).collect();
    if parts.is_empty() || parts.len() > MOST {
        let words = format!("The batch request exceeds the limit of {MOST} calls.");
        return fault::error(400, "badContent", "INVALID_ARGUMENT", &words);
    }
    let ours = format!("batch_{:016x}", rand::random::<u64>());
    let mut written = String::new();
    for part in parts {
        let (id, inner) = read(part, asked);
        let reply = match inner {
            Some(inner) => super::one(cloud, &inner),
            None => fault::invalid("Failed to parse the inner request."),
        };
        let reason = match reply.status {
            200 => "OK",
            204 => "No Content",
            404 => "Not Found",
            _ => "Error",
        };
        let body = String::from_utf8_lossy(&reply.body);
        written += &format!(
            "--{ours}\r\nContent-Type: application/http\r\nContent-ID: <response-{id}>\r\n\r\nHTTP/1.1 {} {reason}\r\nContent-Type: application/json; charset=UTF-8\r\nContent-Length: {}\r\n\r\n{body}\r\n",
            reply.status,
            body.len(),
        );
    }
    written += &format!("--{ours}--\r\n");
    let headers = vec![("content-type", format!("multipart/mixed; boundary={ours}"))];
    Reply { status: 200, headers, body: written.into_bytes(), is_cut: false }
}

/// The identifier of a part, and the request in it, with the token of the outer one where it has none.
fn read(part: &str, outer: &Asked) -> (String, Option<Asked>) {
    let (head, inner) = part.trim_start().split_once("\n\n").unwrap_or((part, ""));
    let id = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-id").then(|| value.trim().trim_matches(['<', '>']).to_owned())
    });
    let (head, body) = inner.trim_start().split_once("\n\n").unwrap_or((inner.trim(), ""));
    let mut lines = head.lines();
    let first: Vec<&str> = lines.next().unwrap_or_default().split_whitespace().collect();
    let mut headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_lowercase(), value.trim().to_owned()))
        .collect();
    if let Some(token) = outer.headers.get("authorization") {
        headers.entry("authorization".to_owned()).or_insert_with(|| token.clone());
    }
    let inner = match first.as_slice() {
        [method, url, ..] => Some(Asked::new(method, url, headers, body.trim_end().as_bytes().to_vec())),
        _ => None,
    };
    (id.unwrap_or_default(), inner)
}
