//! Forms, read and written: their values are bytes, since a letter may be one of them.

use crate::asked::{Asked, decoded, encoded};
use axum::{
    body::Body,
    extract::{FromRequest, Multipart},
    http::Request,
};
use bytes::Bytes;

/// A field.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) file_name: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) value: Bytes,
}

impl Field {
    pub(super) fn new(name: &str, value: impl Into<Bytes>) -> Field {
        Field { name: name.to_owned(), file_name: None, kind: None, value: value.into() }
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.value).into_owned()
    }
}

/// What stands in the first field of that name.
pub(super) fn first(fields: &[Field], name: &str) -> String {
    fields.iter().find(|field| field.name == name).map(Field::text).unwrap_or_default()
}

/// Every value of a field, and every address in each.
pub(super) fn addresses(fields: &[Field], names: &[&str]) -> Vec<String> {
    let wanted = fields.iter().filter(|field| names.contains(&field.name.as_str())).map(Field::text);
    let all: Vec<String> = wanted.collect();
    let split = all.iter().flat_map(|line| line.split(',')).map(|one| {
        let one = one.trim();
        one.rsplit_once('<').map_or(one, |(_, rest)| rest.trim_end_matches('>')).trim().to_owned()
    });
    split.filter(|one| !one.is_empty()).collect()
}

/// The fields of a request of either kind.
pub(super) async fn read(asked: &Asked) -> Vec<Field> {
    let kind = asked.headers.get("content-type").cloned().unwrap_or_default();
    if !kind.starts_with("multipart/") {
        let text = String::from_utf8_lossy(&asked.body).into_owned();
        let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
        return pairs.map(|(name, value)| Field::new(&decoded(name, true), decoded(value, true))).collect();
    }
    let request = Request::builder().header("content-type", kind).body(Body::from(asked.body.clone()));
    let Ok(request) = request else { return Vec::new() };
    let Ok(mut parts) = Multipart::from_request(request, &()).await else { return Vec::new() };
    let mut fields = Vec::new();
    while let Ok(Some(part)) = parts.next_field().await {
        let name = part.name().unwrap_or_default().to_owned();
        let (file_name, kind) = (part.file_name().map(str::to_owned), part.content_type().map(str::to_owned));
        let Ok(value) = part.bytes().await else { break };
        fields.push(Field { name, file_name, kind, value });
    }
    fields
}

/// A body of these fields and its type: parts when there are files, else what a form in a page sends.
pub(super) fn written(fields: &[Field]) -> (String, Vec<u8>) {
    if fields.iter().all(|field| field.file_name.is_none()) {
        let pair = |field: &Field| format!("{}={}", encoded(&field.name), encoded_bytes(&field.value));
        let pairs: Vec<String> = fields.iter().map(pair).collect();
        return ("application/x-www-form-urlencoded".to_owned(), pairs.join("&").into_bytes());
    }
    let boundary = format!("{:032x}", rand::random::<u128>());
    let mut body = Vec::new();
    for field in fields {
        let file = field.file_name.as_ref().map(|name| format!("; filename=\"{name}\"")).unwrap_or_default();
        let kind = field.kind.as_ref().map(|kind| format!("\r\nContent-Type: {kind}")).unwrap_or_default();
        let head =
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"{file}{kind}\r\n\r\n", field.name);
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(&field.value);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}

fn encoded_bytes(bytes: &[u8]) -> String {
    let one = |byte: &u8| match *byte {
        byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => char::from(byte).to_string(),
        b' ' => "+".to_owned(),
        byte => format!("%{byte:02X}"),
    };
    bytes.iter().map(one).collect()
}
