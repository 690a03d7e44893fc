//! What stands around every page: the head, the menu, and the words when something went wrong.

use super::{
    asset,
    visitor::{self, Visitor},
    words,
};
use crate::{
    language,
    problem::{Kind, Problem},
};
use askama::Template;
use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use mailroom::words::{FieldError, Language, Refusal};
use std::sync::LazyLock;

/// What a handler of a page answers.
pub(crate) type Shown = Result<Response, Problem>;

/// Where in the menu a page belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Mail,
    Contacts,
    Dossiers,
    Outbox,
    Mailboxes,
    Settings,
    Me,
    /// In none of them.
    Nowhere,
}

/// What the layout needs to know. Each page's template has one, called `frame`.
pub(crate) struct Frame {
    pub(crate) say: words::Frame,
    /// `nl` or `en`.
    pub(crate) language: &'static str,
    /// For the field `csrf` of each form.
    pub(crate) csrf: String,
    pub(crate) place: Place,
    pub(crate) person: Option<Menu>,
    /// Nothing can be kept, which is told to who signed in.
    pub(crate) is_disk_full: bool,
    pub(crate) script: &'static str,
    pub(crate) style: &'static str,
}

/// The menu of a person who signed in.
pub(crate) struct Menu {
    pub(crate) name: String,
    pub(crate) initials: String,
    pub(crate) organisation: String,
    pub(crate) manages_mailboxes: bool,
    pub(crate) lacks_default_mailbox: bool,
}

static SCRIPT: LazyLock<String> = LazyLock::new(|| asset::path_of("page.js"));
static STYLE: LazyLock<String> = LazyLock::new(|| asset::path_of("page.css"));

/// Scripts and styles of our own only; nothing from elsewhere, nothing inline.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

impl Frame {
    pub(crate) fn new(visitor: &Visitor, place: Place) -> Frame {
        let person = visitor.person.as_ref().map(|person| Menu {
            name: person.called().to_owned(),
            initials: person.initials(),
            organisation: person.organisation.clone(),
            manages_mailboxes: person.manages_mailboxes(),
            lacks_default_mailbox: person.default_account.is_none(),
        });
        Frame {
            say: words::Frame(visitor.language),
            language: language::code(visitor.language),
            csrf: visitor.form_token(),
            place,
            is_disk_full: visitor.is_disk_full && person.is_some(),
            person,
            script: &SCRIPT,
            style: &STYLE,
        }
    }

    /// Whether a line of the menu is where the visitor is.
    pub(crate) fn is_at(&self, name: &str) -> bool {
        format!("{:?}", self.place).eq_ignore_ascii_case(name)
    }
}

/// A page, or a part of one.
pub(crate) fn shown(template: &impl Template) -> Shown {
    shown_as(StatusCode::OK, template)
}

/// The same with another status: 422 for a form to correct.
pub(crate) fn shown_as(status: StatusCode, template: &impl Template) -> Shown {
    let html = template.render().map_err(|error| Problem::internal(&error))?;
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    // Without any referrer a form of ours would come from the origin "null". Other sites learn nothing.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    Ok(response)
}

/// The fields to correct; a clash is told at its field too.
pub(crate) fn field_errors(refusal: Refusal) -> Result<Vec<FieldError>, Problem> {
    match refusal {
        Refusal::Invalid { errors } => Ok(errors),
        Refusal::Conflict(error) if !error.field.is_empty() => Ok(vec![error]),
        other => Err(other.into()),
    }
}

/// What is wrong with a field, for the line below it: `{{ errors.of("email") }}`.
#[derive(Debug, Default)]
pub(crate) struct Errors(Vec<(String, String)>);

impl Errors {
    pub(crate) fn new(errors: &[FieldError], language: Language) -> Errors {
        Errors(errors.iter().map(|error| (error.field.clone(), error.message.say(language).to_owned())).collect())
    }

    /// One field, in the visitor's words.
    pub(crate) fn one(field: &str, words: &str) -> Errors {
        Errors(vec![(field.to_owned(), words.to_owned())])
    }

    /// What a refusal says of the fields of a form; any other refusal is a page of its own.
    pub(crate) fn told(refusal: Refusal, language: Language) -> Result<Errors, Problem> {
        match refusal {
            Refusal::Invalid { errors } => Ok(Errors::new(&errors, language)),
            Refusal::Conflict(error) if !error.field.is_empty() => Ok(Errors::new(&[error], language)),
            other => Err(other.into()),
        }
    }

    /// Whether nothing is wrong.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Of a list that was typed a line at a time, the lines that are wrong, each with why.
    pub(crate) fn of_lines(&self, field: &str, typed: &[String]) -> Vec<String> {
        let line = |(n, line): (usize, &String)| {
            let words = self.of(&format!("{field}.{n}")).or_else(|| self.of(&format!("{field}[{n}]")));
            words.map(|words| format!("{line}: {words}"))
        };
        typed.iter().enumerate().filter_map(line).collect()
    }

    /// The words for that field, or nothing.
    pub(crate) fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == field).map(|(_, words)| words.as_str())
    }
}

words::words! {
    /// When something went wrong.
    Trouble {
        forgotten "Wachtwoord vergeten? Een nieuw wachtwoord heft de blokkade meteen op." "Forgotten your password? A new one lifts the block at once.";
        back_to_mail "Naar de mail" "To the mail";
        not_found "Het gevraagde bestaat niet, of het is niet voor u bestemd. Klopt het adres?" "What you asked for does not exist, or is not meant for you. Is the address right?";
    }
}

#[derive(Template)]
#[template(path = "trouble.html")]
struct Trouble_ {
    frame: Frame,
    say: Trouble,
    title: String,
    detail: String,
    is_blocked: bool,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct Notice {
    title: String,
    detail: String,
}

/// Puts a problem into words for a person: as a page, or as a notice in the page that is there.
pub(crate) fn explain(mut response: Response, visitor: &Visitor, partial: bool) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    let language = visitor.language;
    let say = Trouble(language);
    let title = problem.kind.title().say(language).to_owned();
    let detail = match problem.kind {
        Kind::NotFound => say.not_found().to_owned(),
        _ => problem.detail.say(language).to_owned(),
    };
    let status = problem.kind.status();
    let made = match partial {
        true => shown_as(status, &Notice { title, detail }),
        false => {
            let frame = Frame::new(visitor, Place::Nowhere);
            let is_blocked = problem.kind == Kind::TooMany;
            shown_as(status, &Trouble_ { frame, say, title, detail, is_blocked })
        }
    };
    let mut made = made.unwrap_or_else(|_| status.into_response());
    if partial {
        // Whatever the request was to show, and where: this is shown, above everything.
        for (name, value) in [("hx-retarget", "#notices"), ("hx-reselect", ".notice"), ("hx-reswap", "innerHTML")] {
            made.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
    }
    if let Some(seconds) = problem.retry_after_seconds {
        made.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    made
}

/// The same for an address that nothing is registered at: who asks is not looked up for it.
pub(crate) fn stranger(response: Response, headers: &HeaderMap) -> Response {
    let language = language::asked(headers);
    let visitor = Visitor { proof: visitor::new_proof(), language, person: None, now: 0, is_disk_full: false };
    explain(response, &visitor, headers.contains_key("hx-request"))
}
