//! The tab Templates (*sjablonen*): mail that is written once and sent often. Whoever writes mail may keep one.

use super::bar;
use crate::{
    AppState,
    given::Named,
    page::{
        frame::{Errors, Frame, Place, Shown, shown, shown_as},
        route::{Pages, Who},
        tabs::{After, Tab},
        visitor::{Person, Visitor},
        words::words,
    },
};
use axum::{
    Form,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use mail::TemplateKey;
use mailroom::{outgoing, people::template as verb, words::Refusal};
use serde::Deserialize;
use store::template::{self, NewTemplate, Template};

/// Both texts at their longest, however they are escaped.
const LIMIT_BYTES: usize = 4 << 20;

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get("/settings/templates", Who::Everybody, list)
        .upload("/settings/templates", Who::Everybody, LIMIT_BYTES, make)
        .get("/settings/templates/new", Who::Everybody, ask)
        .get("/settings/templates/{id}", Who::Everybody, show)
        .upload("/settings/templates/{id}", Who::Everybody, LIMIT_BYTES, save)
        .post("/settings/templates/{id}/remove", Who::Everybody, remove)
}

words! {
    Say {
        title "Sjablonen" "Templates";
        none "Nog geen sjablonen" "No templates yet";
        none_why "Een sjabloon is een mail die u vaker verstuurt. Bij het schrijven kiest u hem, en u vult alleen nog in wat verschilt." "A template is a mail that you send more often. When writing you choose it, and fill in only what differs.";
        new_template "Sjabloon toevoegen" "Add a template";
        name "Naam" "Name";
        name_hint "Zo kiest u het sjabloon, en zo noemt een programma het." "By this you choose the template, and so a program calls it.";
        subject "Onderwerp" "Subject";
        text "Tekst" "Text";
        html "Opgemaakte tekst (HTML)" "Formatted text (HTML)";
        html_hint "Mag leeg blijven: dan gaat alleen de gewone tekst." "May stay empty: then only the plain text goes.";
        fields_how(example) "Zet in te vullen woorden tussen dubbele accolades: Beste {example}," "Put words to fill in between double braces: Dear {example},";
        fields "In te vullen:" "To fill in:";
        no_fields "Niets in te vullen." "Nothing to fill in.";
        add "Toevoegen" "Add";
        save "Bewaren" "Save";
        saved "Bewaard." "Saved.";
        removed "Het sjabloon is verwijderd. Wat ermee verstuurd is, blijft zoals het was." "The template was removed. What was sent with it stays as it was.";
        remove "Verwijderen" "Remove";
        remove_sure "Sjabloon verwijderen" "Remove the template";
        back "Alle sjablonen" "All templates";
    }
}

#[derive(askama::Template)]
#[template(path = "settings/templates.html")]
struct List {
    frame: Frame,
    say: Say,
    tabs: Vec<Tab>,
    removed: bool,
    lines: Vec<Line>,
}

struct Line {
    id: String,
    name: String,
    subject: String,
    fields: Vec<String>,
}

#[derive(askama::Template)]
#[template(path = "settings/template.html")]
struct Page {
    frame: Frame,
    say: Say,
    tabs: Vec<Tab>,
    saved: bool,
    errors: Errors,
    id: Option<String>,
    typed: Typed,
    fields: Vec<String>,
    /// How a word to fill in is written.
    example: &'static str,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    name: String,
    subject: String,
    text: String,
    html: String,
}

/// What is to be filled in, in the order of the mail.
fn fields(template: &NewTemplate) -> Vec<String> {
    let parts = [Some(&template.subject), template.text.as_ref(), template.html.as_ref()];
    let all: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    outgoing::holes(&all.join("\n"))
}

impl Typed {
    fn of(template: Template) -> Typed {
        let (text, html) = (template.text.unwrap_or_default(), template.html.unwrap_or_default());
        Typed { name: template.name, subject: template.subject, text, html }
    }

    fn template(&self) -> NewTemplate {
        // A form sends its line breaks as a mail does; kept is what the API would keep.
        let plain = |text: &str| Some(text.replace("\r\n", "\n")).filter(|text| !text.trim().is_empty());
        let (name, subject) = (self.name.clone(), self.subject.clone());
        NewTemplate { name, subject, text: plain(&self.text), html: plain(&self.html) }
    }
}

async fn list(State(state): State<AppState>, visitor: Visitor, person: Person, Query(after): Query<After>) -> Shown {
    let organisation = person.viewer.organisation;
    let read = state.read(move |tx| Box::pin(async move { template::list(tx, organisation, None, super::MANY).await }));
    let line = |template: Template| {
        let (id, typed) = (template.id.to_string(), Typed::of(template));
        Line { id, fields: fields(&typed.template()), name: typed.name, subject: typed.subject }
    };
    let mut lines: Vec<Line> = read.await?.0.into_iter().map(line).collect();
    lines.sort_by_key(|line| line.name.to_lowercase());
    let (frame, tabs) = (Frame::new(&visitor, Place::Settings), bar(&visitor, &person, "/settings/templates"));
    shown(&List { frame, say: Say(visitor.language), tabs, removed: after.is_saved(), lines })
}

async fn ask(visitor: Visitor, person: Person) -> Shown {
    shown(&page(&visitor, &person, Errors::default(), None, Typed::default(), false))
}

async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<TemplateKey>,
    Query(after): Query<After>,
) -> Shown {
    let organisation = person.viewer.organisation;
    let read = state.read(move |tx| Box::pin(async move { template::get(tx, organisation, key).await }));
    let typed = Typed::of(read.await?);
    shown(&page(&visitor, &person, Errors::default(), Some(key), typed, after.is_saved()))
}

async fn make(State(state): State<AppState>, visitor: Visitor, person: Person, Form(typed): Form<Typed>) -> Shown {
    let made = verb::create(&state.room, &person.viewer, typed.template()).await;
    after(&visitor, &person, made, None, typed)
}

async fn save(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<TemplateKey>,
    Form(typed): Form<Typed>,
) -> Shown {
    let organisation = person.viewer.organisation;
    // What is not there has no form to correct.
    state.read(move |tx| Box::pin(async move { template::get(tx, organisation, key).await })).await?;
    let saved = verb::save(&state.room, &person.viewer, key, typed.template()).await;
    after(&visitor, &person, saved, Some(key), typed)
}

fn after(
    visitor: &Visitor,
    person: &Person,
    kept: Result<Template, Refusal>,
    key: Option<TemplateKey>,
    typed: Typed,
) -> Shown {
    match kept {
        Ok(kept) => Ok(Redirect::to(&format!("/settings/templates/{}?saved=1", kept.id)).into_response()),
        Err(refusal) => {
            let errors = Errors::told(refusal, visitor.language)?;
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page(visitor, person, errors, key, typed, false))
        }
    }
}

async fn remove(State(state): State<AppState>, person: Person, Named(key): Named<TemplateKey>) -> Shown {
    verb::remove(&state.room, &person.viewer, key).await?;
    Ok(Redirect::to("/settings/templates?saved=1").into_response())
}

fn page(
    visitor: &Visitor,
    person: &Person,
    errors: Errors,
    key: Option<TemplateKey>,
    typed: Typed,
    saved: bool,
) -> Page {
    Page {
        frame: Frame::new(visitor, Place::Settings),
        say: Say(visitor.language),
        tabs: bar(visitor, person, "/settings/templates"),
        saved,
        errors,
        id: key.map(|key| key.to_string()),
        fields: fields(&typed.template()),
        example: "{{naam}}",
        typed,
    }
}
