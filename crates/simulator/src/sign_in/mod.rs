//! Microsoft's sign-in: the page on which somebody agrees, and the place where tokens are given (learn.microsoft.com/
//! entra/identity-platform/v2-oauth2-auth-code-flow, -client-creds-grant-flow, -device-code).

pub(crate) mod authorize;
pub(crate) mod grants;
pub(crate) mod key;
pub(crate) mod resource;
mod token;

pub use grants::Grants;
pub use key::Registered;

use crate::{
    asked::{Asked, Reply},
    cloud::Cloud,
    server::Shared,
};
use jiff::Timestamp;
use serde_json::json;
use std::collections::HashMap;

/// Answers below `/{tenant}/oauth2/v2.0`, and the document that tells of it.
pub(crate) fn answer(shared: &Shared, asked: &Asked) -> Reply {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    let mut cloud = shared.cloud();
    let Some(tenant) = path.first().copied() else { return authorize::front(&cloud) };
    let known = [cloud.tenant.as_str(), "common", "organizations"].contains(&tenant);
    if path.get(1).is_some() && !known {
        let words = format!("Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID.");
        return refused(400, "invalid_request", 90002, &words);
    }
    match (asked.method.as_str(), &path[1..]) {
        ("GET", ["v2.0", ".well-known", "openid-configuration"]) => {
            let at = |end: &str| format!("{}/{tenant}/oauth2/v2.0/{end}", shared.url);
            Reply::json(
                200,
                &json!({
                    "issuer": format!("{}/{tenant}/v2.0", shared.url),
                    "authorization_endpoint": at("authorize"),
                    "token_endpoint": at("token"),
                    "device_authorization_endpoint": at("devicecode"),
                    "response_types_supported": ["code"],
                    "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic", "private_key_jwt"],
                }),
            )
        }
        ("GET", ["oauth2", "v2.0", "authorize"]) => authorize::page(&cloud, tenant, &asked.query),
        ("POST", ["oauth2", "v2.0", "authorize"]) => authorize::decided(&mut cloud, &form(&asked.body)),
        ("POST", ["oauth2", "v2.0", "token"]) => {
            let here = format!("{}/{tenant}/oauth2/v2.0/token", shared.url);
            token::answer(&mut cloud, asked, &here)
        }
        ("POST", ["oauth2", "v2.0", "devicecode"]) => token::device_code(&mut cloud, &shared.url, &form(&asked.body)),
        ("GET" | "POST", ["oauth2", "deviceauth"]) => authorize::device(&mut cloud, asked),
        _ => Reply::json(404, &json!({ "error": "not_found" })),
    }
}

/// What comes of the page at this address.
pub(crate) fn decide(cloud: &mut Cloud, address: &str, who: &str) -> Option<String> {
    let (_, query) = address.split_once('?')?;
    let mut fields = form(query.as_bytes());
    if authorize::page(cloud, "common", &fields).status != 200 {
        return None;
    }
    fields.insert("who".to_owned(), who.to_owned());
    let reply = authorize::decided(cloud, &fields);
    reply.headers.into_iter().find(|(name, _)| *name == "location").map(|(_, to)| to)
}

/// The fields of a form.
pub(crate) fn form(body: &[u8]) -> HashMap<String, String> {
    let text = String::from_utf8_lossy(body);
    Asked::new("POST", &format!("?{text}"), HashMap::new(), Vec::new()).query
}

/// A refusal in the shape of the sign-in (learn.microsoft.com/entra/identity-platform/reference-error-codes).
fn refused(status: u16, error: &str, code: u32, words: &str) -> Reply {
    let trace = format!("{:032x}", rand::random::<u128>());
    let at = Timestamp::now().strftime("%Y-%m-%d %H:%M:%SZ").to_string();
    let description =
        format!("AADSTS{code}: {words}\r\nTrace ID: {trace}\r\nCorrelation ID: {trace}\r\nTimestamp: {at}");
    Reply::json(
        status,
        &json!({
            "error": error,
            "error_description": description,
            "error_codes": [code],
            "timestamp": at,
            "trace_id": trace,
            "correlation_id": trace,
        }),
    )
}
