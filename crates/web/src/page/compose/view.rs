//! The form as it is shown.

use super::{
    Say,
    sender::{self, Sender},
    typed::{line, plain},
};
use crate::{
    AppState,
    page::{
        frame::{Errors, Frame, Place, Shown, shown_as},
        visitor::{Person, Visitor},
    },
    problem::Problem,
};
use askama::Template;
use axum::http::StatusCode;
use mail::{AccountKey, DraftKey, MessageKey, TemplateKey};
use mailroom::{words::FieldError, writing};
use store::draft::{Draft, File, Letter};

/// A file of the draft.
pub(super) struct FileLine {
    /// Nothing when it is still to be kept: it comes with the message that is passed on.
    pub(super) n: Option<i64>,
    pub(super) name: String,
    pub(super) size: String,
    /// It is shown in the text under this name, and in no list.
    pub(super) content_id: Option<String>,
}

/// What stands above the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notice {
    Forgotten,
    Changed,
    TakenBack,
}

/// Everything that the form shows.
pub(super) struct View {
    pub(super) say: Say,
    pub(super) title: &'static str,
    pub(super) id: DraftKey,
    pub(super) version: i64,
    pub(super) senders: Vec<Sender>,
    pub(super) to: String,
    pub(super) cc: String,
    pub(super) bcc: String,
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
    pub(super) source: Option<MessageKey>,
    pub(super) forwards: bool,
    pub(super) quotes: bool,
    /// The original, as text.
    pub(super) quote: Option<String>,
    pub(super) files: Vec<FileLine>,
    pub(super) templates: Vec<(TemplateKey, String)>,
    pub(super) template: Option<TemplateKey>,
    pub(super) holes: Vec<(String, String)>,
    pub(super) send_at: String,
    pub(super) saved: Option<String>,
    pub(super) notice: Option<Notice>,
    pub(super) errors: Errors,
    pub(super) back: String,
}

#[derive(Template)]
#[template(path = "compose/compose.html")]
struct Page {
    frame: Frame,
    v: View,
}

#[derive(Template)]
#[template(path = "compose/letter.html")]
struct Fragment {
    frame: Frame,
    v: View,
}

impl View {
    /// The form for this letter, which nobody kept yet.
    pub(super) async fn new(
        state: &AppState,
        visitor: &Visitor,
        person: &Person,
        id: DraftKey,
        letter: Letter,
    ) -> Result<View, Problem> {
        const MANY: usize = 200;
        let say = Say(visitor.language);
        let organisation = person.viewer.organisation;
        let senders = sender::all(state, person, say, letter.account).await?;
        let templates = state
            .read(move |tx| Box::pin(async move { store::template::list(tx, organisation, None, MANY).await }))
            .await?;
        let html = letter.html.clone().unwrap_or_default();
        let title = match letter.source {
            Some(_) if letter.forwards => say.forward(),
            Some(_) => say.reply(),
            None => say.new_mail(),
        };
        Ok(View {
            say,
            title,
            id,
            version: 0,
            senders,
            to: line(&letter.to),
            cc: line(&letter.cc),
            bcc: line(&letter.bcc),
            subject: letter.subject,
            text: letter.text.unwrap_or_else(|| plain(&html)),
            html,
            source: letter.source,
            forwards: letter.forwards,
            quotes: letter.quotes,
            quote: None,
            files: Vec::new(),
            templates: templates.0.into_iter().map(|it| (it.id, it.name)).collect(),
            template: None,
            holes: Vec::new(),
            send_at: String::new(),
            saved: None,
            notice: None,
            errors: Errors::default(),
            back: String::new(),
        })
    }

    /// The form for a draft.
    pub(super) async fn of(
        state: &AppState,
        visitor: &Visitor,
        person: &Person,
        draft: Draft,
    ) -> Result<View, Problem> {
        let mut view = View::new(state, visitor, person, draft.id, draft.letter).await?;
        let habit = visitor.habit();
        view.version = draft.version;
        view.saved = Some(view.say.saved(habit.moment(draft.updated_at).short));
        view.files = draft.files.into_iter().map(|file| file_line(file, &habit)).collect();
        view.quote = super::begin::quote(state, visitor, person, view.source, view.forwards).await?;
        Ok(view)
    }

    /// Puts the signature of the sender that is chosen into a letter that nobody wrote at yet.
    pub(super) async fn sign(&mut self, state: &AppState, person: &Person) -> Result<(), Problem> {
        let answers = self.source.is_some();
        let opening = writing::opening(&state.room, &person.viewer, self.signed(), answers).await?;
        (self.text, self.html) = (opening.text, opening.html);
        Ok(())
    }

    /// Whose signature stands in the letter, if any.
    pub(super) fn signed(&self) -> Option<AccountKey> {
        self.senders.iter().find(|sender| sender.chosen).map(|sender| sender.id)
    }

    /// What is wrong, by the fields of the form.
    pub(super) fn wrong(&mut self, errors: &[FieldError], visitor: &Visitor, letter: &Letter) {
        let named = |error: &FieldError| {
            let mut pieces = error.field.split(['.', '[', ']']);
            let field = pieces.next().unwrap_or_default();
            let list = match field {
                "to" => &letter.to,
                "cc" => &letter.cc,
                "bcc" => &letter.bcc,
                _ => return FieldError { field: field.replace("from", "account"), ..error.clone() },
            };
            let mut error = FieldError { field: field.to_owned(), ..error.clone() };
            if let Some(one) = pieces.next().and_then(|n| n.parse::<usize>().ok()).and_then(|n| list.get(n)) {
                error.message.nl = format!("{}: {}", one.address, error.message.nl);
                error.message.en = format!("{}: {}", one.address, error.message.en);
            }
            error
        };
        let errors: Vec<FieldError> = errors.iter().map(named).collect();
        self.errors = Errors::new(&errors, visitor.language);
    }

    pub(super) fn is(&self, notice: Notice) -> bool {
        self.notice == Some(notice)
    }

    /// There is somebody in the lines that are folded otherwise, or something wrong with them.
    pub(super) fn unfolds(&self) -> bool {
        let wrong = self.errors.of("cc").is_some() || self.errors.of("bcc").is_some();
        wrong || !self.cc.is_empty() || !self.bcc.is_empty()
    }

    pub(super) fn cannot_send(&self) -> bool {
        !self.senders.iter().any(|sender| sender.usable)
    }

    pub(super) fn is_temporary(&self) -> bool {
        self.senders.iter().any(|sender| sender.chosen && sender.temporary)
    }

    pub(super) fn is_template(&self, key: &TemplateKey) -> bool {
        self.template == Some(*key)
    }

    /// The page, or only the form when the script asked for it.
    pub(super) fn shown(self, status: StatusCode, visitor: &Visitor, partial: bool) -> Shown {
        let frame = Frame::new(visitor, Place::Mail);
        match partial {
            true => shown_as(status, &Fragment { frame, v: self }),
            false => shown_as(status, &Page { frame, v: self }),
        }
    }
}

fn file_line(file: File, habit: &crate::page::habit::Habit) -> FileLine {
    FileLine { n: Some(file.n), name: file.name, size: habit.size(file.size), content_id: file.content_id }
}
