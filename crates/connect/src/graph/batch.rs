//! Several questions in one request (learn.microsoft.com/graph/json-batching).
//!
//! Microsoft works on four of them at once, which is all that it allows for a mailbox (learn.microsoft.com/graph/
//! throttling-limits, Outlook service batching): a batch takes as many places of the line as it fills. Each answer is judged
//! by itself; what passing trouble met is asked again by itself.

use super::line::IMMUTABLE;
use crate::line::{Line, Question, later};
use crate::{
    ConnectError,
    error::Cause,
    http::{Answer, at_most_a_day},
};
use reqwest::Method;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// Questions in one request at most.
pub(super) const MOST: usize = 20;
/// So many of them are worked on at once.
const AT_ONCE: usize = 4;

/// What each question is answered, in their order: JSON, or what the refusal means. All of them must be such that can be
/// asked twice, and none may wait for another: nothing says which is done first.
pub(super) async fn ask(line: &Line, questions: Vec<Question>) -> Vec<Result<Value, ConnectError>> {
    let mut answers = Vec::with_capacity(questions.len());
    let mut questions = questions.into_iter();
    loop {
        let several: Vec<Question> = questions.by_ref().take(MOST).collect();
        let together = match several.len() {
            0 => return answers,
            1 => HashMap::new(),
            _ => match together(line, &several).await {
                Ok(together) => together,
                // Of the request itself, not of what is asked in it: each by itself then.
                Err(ConnectError::Refused { .. }) => HashMap::new(),
                Err(error) => {
                    // The rest would meet the same.
                    let unasked = several.iter().chain(questions.as_slice());
                    answers.extend(unasked.map(|_| Err(error.clone())));
                    return answers;
                }
            },
        };
        answers.extend(one_by_one(line, several, together).await);
    }
}

/// Asks them in one request; what came of it, by their numbers.
async fn together(line: &Line, several: &[Question]) -> Result<HashMap<usize, Answer>, ConnectError> {
    let asked: Vec<Value> = several.iter().enumerate().map(|(n, question)| written(line, n, question)).collect();
    let question = Question::new(Method::POST, format!("{}/$batch", line.interface()), true)
        .json(&json!({ "requests": asked }))
        .taking(several.len().min(AT_ONCE))
        .slowly();
    let said = line.json(question).await?;
    let told = said["responses"].as_array().ok_or_else(|| later(Cause::Protocol, "a batch without answers"))?;
    Ok(told.iter().filter_map(read).collect())
}

/// A question as it stands in a batch: headers of the request around it don't count for it.
fn written(line: &Line, n: usize, question: &Question) -> Value {
    let path = match question.path.strip_prefix(line.interface()) {
        Some(rest) => rest.to_owned(),
        None => format!("{}{}", line.below(), question.path),
    };
    let mut headers = Map::new();
    for (name, value) in [(IMMUTABLE.0, IMMUTABLE.1)]
        .into_iter()
        .chain(question.headers.iter().map(|(name, value)| (*name, value.as_str())))
    {
        let all = match headers.get(name).and_then(Value::as_str) {
            Some(before) => format!("{before}, {value}"),
            None => value.to_owned(),
        };
        headers.insert(name.to_owned(), json!(all));
    }
    let mut one = json!({ "id": n.to_string(), "method": question.method.as_str(), "url": path });
    if let Some((kind, body)) = &question.body {
        headers.insert("content-type".to_owned(), json!(kind));
        one["body"] = serde_json::from_slice(body).unwrap_or_default();
    }
    one["headers"] = Value::Object(headers);
    one
}

/// One answer, and the number of its question.
fn read(told: &Value) -> Option<(usize, Answer)> {
    let n = told["id"].as_str()?.parse().ok()?;
    let status = told["status"].as_u64().and_then(|status| u16::try_from(status).ok())?;
    let headers = told["headers"].as_object().into_iter().flatten();
    let mut waits = headers.filter(|(name, _)| name.eq_ignore_ascii_case("retry-after")).map(|(_, value)| value);
    let seconds = waits.find_map(|value| value.as_u64().or_else(|| value.as_str()?.trim().parse().ok()));
    let body = match &told["body"] {
        Value::Null => Vec::new(),
        body => body.to_string().into_bytes(),
    };
    Some((n, Answer { status, url: String::new(), body, retry_after: seconds.map(at_most_a_day) }))
}

/// What they were answered together; the questions that this leaves open are asked one by one.
async fn one_by_one(
    line: &Line,
    several: Vec<Question>,
    mut together: HashMap<usize, Answer>,
) -> Vec<Result<Value, ConnectError>> {
    let mut answers: Vec<_> = Vec::with_capacity(several.len());
    for (n, question) in several.iter().enumerate() {
        // All are judged first, so that whoever is asked again waits as long as any of them was told to.
        answers.push(together.remove(&n).and_then(|answer| line.of_several(question, answer)));
    }
    let mut all = Vec::with_capacity(answers.len());
    for (question, answer) in several.into_iter().zip(answers) {
        all.push(match answer {
            Some(answer) => answer,
            None => line.json(question).await,
        });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn an_answer_is_read_with_the_time_that_it_wants_to_be_left_alone() {
        let (n, answer) =
            read(&json!({ "id": "3", "status": 429, "headers": { "Retry-After": "7" }, "body": { "error": {} } }))
                .unwrap();
        assert_eq!((n, answer.status, answer.retry_after), (3, 429, Some(Duration::from_secs(7))));
        assert_eq!(answer.body, br#"{"error":{}}"#);
        let (_, absurd) = read(&json!({ "id": "3", "status": 503, "headers": { "Retry-After": u64::MAX } })).unwrap();
        assert_eq!(absurd.retry_after.map(|wait| wait.as_secs()), Some(86_400));
        let (_, bare) = read(&json!({ "id": "0", "status": 204 })).unwrap();
        assert!(bare.body.is_empty() && bare.retry_after.is_none());
        assert!(read(&json!({ "id": "x", "status": 200 })).is_none() && read(&json!({ "id": "1" })).is_none());
    }
}
