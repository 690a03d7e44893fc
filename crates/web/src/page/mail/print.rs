//! A conversation or a message on paper: one document in which nothing runs, as in the box. Each message is cleaned apart,
//! and painted in a place of its own.

use super::{
    Say,
    body::{self, escaped},
    list::name_of,
    message::{BOX_POLICY, beside, own_pictures, raw},
};
use crate::{
    AppState,
    given::Named,
    language,
    page::{
        frame::Shown,
        habit::Habit,
        visitor::{Person, Visitor},
    },
};
use axum::{
    extract::State,
    http::header,
    response::{Html, IntoResponse},
};
use bytes::Bytes;
use mail::{Address, ConversationKey, MessageKey, display, parse};
use store::{conversation, message::Stored};

/// More messages at a time would be more than a printer takes.
const AT_MOST: usize = 100;

/// White paper, and the sender's own colours on it.
const STYLE: &str = "html{background:#fff;color:#1c2124;font:13px/1.5 system-ui,'Segoe UI',Roboto,'Noto Sans',sans-serif}\
    body{margin:24px auto;max-width:800px;padding:0 16px;overflow-wrap:break-word}h1{font-size:20px;margin:0 0 16px}\
    article{border-top:1px solid #868e93;padding:12px 0 16px}dl{display:grid;grid-template-columns:max-content minmax(0,1fr);\
    gap:0 12px;margin:0 0 12px}dt{color:#5a646b}dd{margin:0}.letter{contain:paint;overflow:hidden;isolation:isolate}\
    .letter pre{white-space:pre-wrap;font:inherit;margin:0}img{max-width:100%;height:auto}table{max-width:100%}\
    .elsewhere{background:#fdf1dc;color:#6b4000;font-size:12px;padding:0 4px}@media print{body{margin:0}}";

pub(super) async fn whole(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(id): Named<ConversationKey>,
) -> Shown {
    let viewer = person.viewer;
    let found = state.read(move |tx| Box::pin(async move { conversation::get(tx, &viewer, id).await })).await?;
    let messages = found.messages.into_iter().rev().take(AT_MOST).rev().collect();
    document(&state, &visitor, &person, &found.head.subject, messages).await
}

pub(super) async fn one(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<MessageKey>,
) -> Shown {
    let stored = super::message::stored(&state, &person, key).await?;
    document(&state, &visitor, &person, &stored.subject, vec![key]).await
}

async fn document(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    subject: &str,
    messages: Vec<MessageKey>,
) -> Shown {
    let say = Say(visitor.language);
    let subject = escaped(if subject.is_empty() { say.no_subject() } else { subject });
    let language = language::code(visitor.language);
    let mut page = format!(
        "<!doctype html><html lang=\"{language}\"><meta charset=\"utf-8\"><title>{subject}</title><style>{STYLE}</style><body><h1>{subject}</h1>"
    );
    for key in messages {
        let (stored, raw) = raw(state, person, key).await?;
        let habit = visitor.habit();
        page += &beside(move || article(&stored, &raw, say, &habit)).await?;
    }
    let mut response = Html(page + "</body></html>").into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, BOX_POLICY);
    Ok(response)
}

fn article(stored: &Stored, raw: &Bytes, say: Say, habit: &Habit) -> String {
    let read = parse::parse(raw);
    let people = |list: &[Address]| {
        let one =
            |it: &Address| format!("<bdi>{}</bdi> &lt;<bdi>{}</bdi>&gt;", escaped(&name_of(it)), escaped(&it.address));
        list.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    let files: Vec<String> =
        read.attachments.iter().filter(|it| !it.inline).map(|it| format!("<bdi>{}</bdi>", escaped(&it.name))).collect();
    let rows = [
        (say.sent_by(), people(&stored.people.from)),
        (say.to_whom(), people(&stored.people.to)),
        (say.cc(), people(&stored.people.cc)),
        (say.when(), escaped(&habit.moment(stored.received_at).full)),
        (say.subject(), format!("<bdi>{}</bdi>", escaped(&stored.subject))),
        (say.files(), files.join(", ")),
    ];
    let rows = rows.into_iter().filter(|(_, value)| !value.is_empty());
    let head: String = rows.map(|(name, value)| format!("<dt>{}</dt><dd>{value}</dd>", escaped(name))).collect();
    let letter = match (&read.html, &read.text) {
        (Some(html), _) => body::on_paper(&display::safe_html(html), say, own_pictures(&read, raw)),
        (None, text) => format!("<pre>{}</pre>", escaped(text.as_deref().unwrap_or_default().trim_end())),
    };
    format!("<article><dl>{head}</dl><div class=\"letter\">{letter}</div></article>")
}
