//! The line to a mailbox at Microsoft 365.

use super::{fault, folder_path};
use crate::{
    Bearer, ConnectError, World,
    error::{Cause, Step},
    http::Answer,
    line::{Line, Manner, Question, encoded},
};

/// Asks for identifiers that survive a move (learn.microsoft.com/graph/outlook-immutable-id).
pub(super) const IMMUTABLE: (&str, &str) = ("prefer", "IdType=\"ImmutableId\"");

/// Four requests for one mailbox at once (learn.microsoft.com/graph/throttling-limits, Outlook), and identifiers that
/// survive a move.
const MANNER: Manner =
    Manner { name: "Microsoft", at_once: 4, header: Some(IMMUTABLE), meaning: fault::meaning, units_a_minute: None };

/// Who asks for a mailbox that is not their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visitor {
    /// The app by itself (learn.microsoft.com/graph/auth-v2-service).
    App,
    /// Somebody to whom the mailbox was shared (learn.microsoft.com/graph/outlook-share-messages-folders).
    Person,
}

/// Where questions are about whoever signed in.
const OWN: &str = "/me";

/// The line to the mailbox that the token is for.
pub fn line(world: &World, bearer: Box<dyn Bearer>) -> Result<Line, ConnectError> {
    Line::new(world, MANNER, &world.vendors.microsoft.interface, OWN, bearer)
}

/// The line to this mailbox, with a token of somebody who may open it.
pub fn line_to(world: &World, address: &str, visitor: Visitor, bearer: Box<dyn Bearer>) -> Result<Line, ConnectError> {
    let meaning = match visitor {
        Visitor::App => refused_to_app,
        Visitor::Person => refused_to_person,
    };
    let below = format!("/users/{}", encoded(address));
    Line::new(world, Manner { meaning, ..MANNER }, &world.vendors.microsoft.interface, &below, bearer)
}

/// The mailbox's own address, and the one by which its owner signs in; of a mailbox that is not one's own nothing but that it
/// opens: more rights would be needed to read who it is.
pub async fn owner(line: &Line) -> Result<Vec<String>, ConnectError> {
    if line.below() != OWN {
        line.json(Question::get(format!("{}?$select=id", folder_path("inbox")))).await?;
        return Ok(Vec::new());
    }
    let owner = line.json(Question::get("?$select=mail,userPrincipalName")).await?;
    let names = ["mail", "userPrincipalName"].map(|name| owner[name].as_str().map(str::to_owned));
    Ok(names.into_iter().flatten().collect())
}

fn refused_to_app(answer: &Answer) -> ConnectError {
    kept_out(answer, Cause::AppKeptOut)
}

fn refused_to_person(answer: &Answer) -> ConnectError {
    kept_out(answer, Cause::NotShared)
}

/// Somebody has to let the visitor in, whoever that is; it is nothing that the letter or the folder can help. Microsoft hides
/// what was not shared: to whom has no right to it, it is not there.
fn kept_out(answer: &Answer, cause: Cause) -> ConnectError {
    let (code, words) = fault::said(answer);
    let is_kept_out = match (answer.status, code.as_str()) {
        (403, "ErrorSendAsDenied" | "ErrorMessageSubmissionBlocked") => false,
        (403, _) | (404, "ErrorInvalidUser" | "ResourceNotFound" | "Request_ResourceNotFound") => true,
        _ => false,
    };
    match is_kept_out {
        true => ConnectError::Settings { step: Step::SignIn, cause, words },
        false => fault::meaning(answer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_kept_out_is_told_so_and_who_may_not_send_as_somebody_is_told_that() {
        let of = |status: u16, code: &str| {
            let body = serde_json::json!({ "error": { "code": code, "message": "words" } }).to_string().into_bytes();
            refused_to_app(&Answer { status, url: String::new(), body, retry_after: None }).cause()
        };
        assert_eq!(of(403, "ErrorAccessDenied"), Some(Cause::AppKeptOut));
        assert_eq!(of(404, "ErrorInvalidUser"), Some(Cause::AppKeptOut));
        assert_eq!(of(404, "ErrorItemNotFound"), Some(Cause::NoSuchFolder));
        assert_eq!(of(403, "ErrorSendAsDenied"), Some(Cause::SenderNotAllowed));
    }
}
