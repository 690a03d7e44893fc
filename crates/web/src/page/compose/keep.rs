//! What the form's buttons do. Each keeps what was typed first, so that no press of a button loses a word.

use super::{
    Say,
    begin::manner,
    forgotten,
    typed::Typed,
    view::{Notice, View},
};
use crate::{
    AppState,
    page::{
        frame::{Errors, Shown},
        origin,
        route::percent,
        visitor::{Person, Visitor},
    },
    problem::Problem,
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect},
};
use mailroom::{outgoing, words::Refusal, writing};
use serde_json::json;
use store::draft::{Draft, Letter};

/// Everything about one press of a button.
struct Press<'a> {
    state: &'a AppState,
    visitor: &'a Visitor,
    person: &'a Person,
    typed: &'a Typed,
    /// The script asked for a part of the page.
    partial: bool,
    /// The script saves by itself, and only wants to know when.
    quiet: bool,
}

pub(super) async fn act(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    headers: HeaderMap,
    mut typed: Typed,
) -> Shown {
    let quiet = headers.get(header::ACCEPT).is_some_and(|it| it == "application/json");
    let files = std::mem::take(&mut typed.files);
    let (partial, typed) = (headers.contains_key("hx-request"), &typed);
    let press = Press { state: &state, visitor: &visitor, person: &person, typed, partial, quiet };
    let (mut draft, letter) = match press.kept().await? {
        Ok(kept) => kept,
        Err(answer) => return Ok(answer),
    };
    for file in files {
        match writing::attach(&state.room, &person.viewer, draft.id, file, false).await {
            Ok(file) => draft.files.push(file),
            Err(refusal) => return press.refused(Some(draft), &letter, refusal).await,
        }
    }
    press.go(draft, letter).await
}

impl Press<'_> {
    /// Keeps what was typed; or answers why it could not.
    async fn kept(&self) -> Result<Result<(Draft, Letter), axum::response::Response>, Problem> {
        let (room, viewer) = (&self.state.room, &self.person.viewer);
        let copies = self.typed.get("action") == "copy";
        let there = match (self.typed.draft(), self.typed.version()) {
            (Some(id), 1..) => Some(writing::get(room, viewer, id).await?),
            _ => None,
        };
        let letter = self.typed.letter(there.as_ref().map(|draft| &draft.letter));
        let letter = writing::signed_anew(room, viewer, letter, self.typed.signed()).await?;
        let kept = match (&there, self.typed.draft()) {
            _ if copies => writing::create(room, viewer, None, letter.clone()).await,
            (Some(draft), _) => writing::save(room, viewer, draft.id, self.typed.version(), letter.clone()).await,
            (None, id) => writing::create(room, viewer, id, letter.clone()).await,
        };
        match kept {
            Ok(draft) => Ok(Ok((draft, letter))),
            // Pressed twice: the first press handed it over.
            Err(Refusal::Conflict(error)) if error.code == "draft_sent" => {
                let id = self.typed.draft().ok_or_else(Problem::not_found)?;
                let submission = writing::get(room, viewer, id).await?.submission.ok_or_else(Problem::not_found)?;
                Ok(Err(self.sent(submission)))
            }
            Err(refusal) => Ok(Err(self.refused(there, &letter, refusal).await?)),
        }
    }

    async fn go(&self, draft: Draft, letter: Letter) -> Shown {
        let action = self.typed.get("action").to_owned();
        match action.split_once('-') {
            Some(("remove", n)) => {
                let n = n.parse().map_err(|_| Problem::not_found())?;
                let gone = writing::detach(&self.state.room, &self.person.viewer, draft.id, n).await;
                if !matches!(gone, Err(Refusal::NotFound)) {
                    gone?;
                }
                self.again(draft)
            }
            _ => match action.as_str() {
                "send" | "send_anyway" | "later" => self.send(draft, letter, &action).await,
                "template" | "fill" => self.template(draft, letter).await,
                "unfold" => self.unfold(draft, letter).await,
                "discard" => {
                    writing::discard(&self.state.room, &self.person.viewer, draft.id).await?;
                    Ok(self.onward(&self.back("/mail")))
                }
                _ if self.quiet => {
                    let say = Say(self.visitor.language);
                    let at = self.visitor.habit().moment(draft.updated_at).short;
                    let mut said = json!({ "id": draft.id, "version": draft.version, "said": say.saved(at) });
                    if letter.account != self.typed.signed() {
                        said["signed"] = json!(letter.account);
                        said["html"] = json!(draft.letter.html);
                    }
                    Ok(Json(said).into_response())
                }
                _ => self.again(draft),
            },
        }
    }

    /// Hands it over, after a look at what is easily forgotten.
    async fn send(&self, draft: Draft, letter: Letter, action: &str) -> Shown {
        let own = writing::own_words(&self.state.room, &self.person.viewer, &letter).await?;
        let files = draft.files.iter().any(|file| file.content_id.is_none());
        if action == "send" && !files && forgotten::speaks_of_a_file(&letter.subject, &own) {
            let mut view = View::of(self.state, self.visitor, self.person, draft).await?;
            view.notice = Some(Notice::Forgotten);
            view.back = self.back("");
            return view.shown(StatusCode::UNPROCESSABLE_ENTITY, self.visitor, self.partial);
        }
        let send_at = match action {
            "later" => {
                match self.visitor.habit().instant(self.typed.get("send_at")).filter(|at| *at > self.visitor.now) {
                    Some(at) => Some(at),
                    None => {
                        let mut view = View::of(self.state, self.visitor, self.person, draft).await?;
                        view.errors = Errors::one("send_at", view.say.when_wrong());
                        view.back = self.back("");
                        return view.shown(StatusCode::UNPROCESSABLE_ENTITY, self.visitor, self.partial);
                    }
                }
            }
            _ => None,
        };
        let (room, viewer) = (&self.state.room, &self.person.viewer);
        let sent = writing::send(room, viewer, draft.id, draft.version, send_at, manner(self.visitor)).await;
        match sent {
            Ok(accepted) => Ok(self.sent(accepted.id)),
            Err(refusal) => self.refused(Some(draft), &letter, refusal).await,
        }
    }

    /// Puts a template's words in, or asks for what it leaves open.
    async fn template(&self, draft: Draft, letter: Letter) -> Shown {
        let (room, viewer) = (&self.state.room, &self.person.viewer);
        let Ok(key) = self.typed.get("template").parse() else { return self.again(draft) };
        let organisation = viewer.organisation;
        let found = self
            .state
            .read(move |tx| Box::pin(async move { store::template::get(tx, organisation, key).await }))
            .await?;
        let body = found.html.clone().or_else(|| found.text.clone()).unwrap_or_default();
        let values = self.typed.values();
        let names = outgoing::holes(&format!("{} {body}", found.subject));
        let open = names.iter().any(|name| values.get(name).is_none_or(|value| value.trim().is_empty()));
        if open {
            let mut view = View::of(self.state, self.visitor, self.person, draft).await?;
            view.template = Some(key);
            view.back = self.back("");
            view.holes =
                names.into_iter().map(|name| (name.clone(), values.get(&name).cloned().unwrap_or_default())).collect();
            return view.shown(StatusCode::OK, self.visitor, self.partial);
        }
        let mut errors = Vec::new();
        let mut letter = letter;
        if letter.subject.trim().is_empty() {
            letter.subject = outgoing::filled(&found.subject, &values, false, &mut errors);
        }
        match (found.html, letter.text.as_mut()) {
            (Some(html), _) => {
                let words = outgoing::filled(&html, &values, true, &mut errors);
                let before = match (letter.html.take(), letter.text.take()) {
                    (Some(html), _) => html,
                    (None, Some(text)) if !text.trim().is_empty() => as_html(&text),
                    _ => String::new(),
                };
                letter.html = Some(words + &before);
            }
            (None, Some(text)) => {
                let words = outgoing::filled(found.text.as_deref().unwrap_or_default(), &values, false, &mut errors);
                *text = if text.trim().is_empty() { words } else { format!("{words}\n{text}") };
            }
            (None, None) => {
                let words = outgoing::filled(found.text.as_deref().unwrap_or_default(), &values, false, &mut errors);
                letter.html = Some(as_html(&words) + letter.html.as_deref().unwrap_or_default());
            }
        }
        let draft = writing::save(room, viewer, draft.id, draft.version, letter).await?;
        self.again(draft)
    }

    /// Puts the original into the text, to be answered line by line.
    async fn unfold(&self, draft: Draft, mut letter: Letter) -> Shown {
        let (room, viewer) = (&self.state.room, &self.person.viewer);
        let quote = super::begin::quote(self.state, self.visitor, self.person, letter.source, letter.forwards).await?;
        if let Some(quote) = quote.filter(|_| letter.quotes) {
            letter.quotes = false;
            match (&mut letter.html, &mut letter.text) {
                (Some(html), _) => html.push_str(&as_html(&quote)),
                (None, Some(text)) => *text = format!("{}\n\n{quote}", text.trim_end()),
                (None, None) => letter.text = Some(quote),
            }
        }
        let draft = writing::save(room, viewer, draft.id, draft.version, letter).await?;
        self.again(draft)
    }

    /// The form once more, with what was typed and what is wrong.
    async fn refused(&self, there: Option<Draft>, letter: &Letter, refusal: Refusal) -> Shown {
        let (errors, status) = match refusal {
            Refusal::Invalid { errors } => (errors, StatusCode::UNPROCESSABLE_ENTITY),
            Refusal::Forbidden(error) => (vec![error], StatusCode::UNPROCESSABLE_ENTITY),
            Refusal::Conflict(error) => (vec![error], StatusCode::CONFLICT),
            other => return Err(other.into()),
        };
        let changed = errors.iter().any(|error| error.code == "draft_changed");
        let id = self.typed.draft().unwrap_or_else(|| writing::new_key(&self.state.room));
        let mut view = match there {
            Some(draft) => {
                let version = if changed { self.typed.version() } else { draft.version };
                let draft = Draft { letter: letter.clone(), version, ..draft };
                View::of(self.state, self.visitor, self.person, draft).await?
            }
            None => View::new(self.state, self.visitor, self.person, id, letter.clone()).await?,
        };
        view.notice = changed.then_some(Notice::Changed);
        if changed {
            view.saved = None;
        }
        view.back = self.back("");
        view.wrong(&errors, self.visitor, letter);
        view.shown(status, self.visitor, self.partial)
    }

    /// The draft as it is kept now.
    fn again(&self, draft: Draft) -> Shown {
        Ok(self.onward(&format!("/compose?draft={}{}", draft.id, self.back_too())))
    }

    /// Where it is now, with the button that takes it back.
    fn sent(&self, id: mail::OutboxKey) -> axum::response::Response {
        self.onward(&format!("/outbox/{id}?sent=1{}", self.back_too()))
    }

    /// The page to go back to when the mail is gone.
    fn back(&self, else_to: &str) -> String {
        match self.typed.get("back") {
            "" => else_to.to_owned(),
            back => origin::onward(Some(back)).to_owned(),
        }
    }

    /// The same as the rest of a query.
    fn back_too(&self) -> String {
        match self.back("") {
            back if back.is_empty() => String::new(),
            back => format!("&back={}", percent(&back)),
        }
    }

    /// To another page. The script follows by itself and gets a part of it.
    fn onward(&self, to: &str) -> axum::response::Response {
        let mut response = Redirect::to(to).into_response();
        if self.partial && (to.starts_with("/mail") || !to.starts_with("/compose") && !to.starts_with("/outbox/")) {
            *response.status_mut() = StatusCode::OK;
            let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/mail"));
            response.headers_mut().insert(HeaderName::from_static("hx-redirect"), to);
        }
        response
    }
}

/// Plain text for the editor: a line is a block.
pub(in crate::page) fn as_html(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let line =
        |line: &str| if line.trim().is_empty() { "<div><br></div>".to_owned() } else { format!("<div>{line}</div>") };
    escaped.lines().map(line).collect()
}
