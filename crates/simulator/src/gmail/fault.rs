//! Errors in the shape of Google's interfaces, and the faults that answer so.

use crate::{
    asked::Reply,
    fault::{Fault, Kind},
};
use serde_json::json;

/// An error (developers.google.com/workspace/gmail/api/guides/handle-errors).
pub fn error(code: u16, reason: &str, status: &str, message: &str) -> Reply {
    let one = json!({ "message": message, "domain": "global", "reason": reason });
    let body = json!({ "error": { "code": code, "message": message, "errors": [one], "status": status } });
    let mut reply = Reply::json(code, &body);
    reply.headers = vec![("content-type", "application/json; charset=UTF-8".to_owned())];
    reply
}

pub fn not_found() -> Reply {
    error(404, "notFound", "NOT_FOUND", "Requested entity was not found.")
}

pub fn invalid(message: &str) -> Reply {
    error(400, "invalidArgument", "INVALID_ARGUMENT", message)
}

/// 401 with the header that tells where tokens come from.
pub fn token_refused() -> Reply {
    let words = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.";
    let mut reply = error(401, "authError", "UNAUTHENTICATED", words);
    reply.headers.push(("www-authenticate", "Bearer realm=\"https://accounts.google.com/\"".to_owned()));
    reply
}

/// The answer of a fault that answers by itself.
pub fn answer(fault: &Fault) -> Option<Reply> {
    let mut reply = match fault.kind {
        Kind::TokenExpired => token_refused(),
        Kind::Throttled => error(429, "rateLimitExceeded", "RESOURCE_EXHAUSTED", "User-rate limit exceeded."),
        Kind::QuotaExceeded => error(
            403,
            "userRateLimitExceeded",
            "PERMISSION_DENIED",
            "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user'.",
        ),
        Kind::Unavailable | Kind::DoneThen503 => {
            error(503, "backendError", "UNAVAILABLE", "The service is currently unavailable.")
        }
        Kind::Timeout | Kind::DoneThen504 => error(504, "backendError", "DEADLINE_EXCEEDED", "Deadline exceeded."),
        Kind::Resync => not_found(),
        Kind::Denied => {
            error(403, "domainPolicy", "PERMISSION_DENIED", "The domain administrators have disabled Gmail apps.")
        }
        // They happen in another way, or to something else than a request.
        _ => return None,
    };
    if fault.seconds > 0 && matches!(reply.status, 429 | 503) {
        reply.headers.push(("retry-after", fault.seconds.to_string()));
    }
    Some(reply)
}
