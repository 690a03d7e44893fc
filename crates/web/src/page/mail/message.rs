//! One message: what is shown of it, its box, its files, and what a person does with it.

use super::{
    Say,
    body::{self, Piece},
    done::{Done, sent_on},
    links::{self, Card},
    list::name_of,
};
use crate::{
    AppState,
    api::download,
    given::{Named, NamedPair},
    page::{
        frame::Shown,
        habit::Moment,
        origin,
        visitor::{Person, Visitor, is_secure},
    },
    problem::Problem,
};
use axum::{
    Form,
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use mail::{Address, FolderKey, Message, MessageKey, Role, display, parse};
use mailroom::desk::{
    self,
    doubt::{self, Around},
    message::MessagePatch,
};
use mailroom::pictures::{self, Picture};
use serde::Deserialize;
use store::{
    contact, folder,
    message::{self, Stored},
    shown_sender,
};

/// Pictures of the message itself, put into its box, in bytes together.
const PICTURES_MAX: usize = 12 << 20;

/// A message to be read.
pub(super) struct Opened {
    pub(super) id: MessageKey,
    pub(super) from: String,
    /// Always shown beside the name, which anybody may choose.
    pub(super) address: String,
    pub(super) to: String,
    pub(super) cc: String,
    pub(super) at: Moment,
    pub(super) flagged: bool,
    /// Why others can't see it, when they can't.
    pub(super) private: Option<&'static str>,
    pub(super) warnings: Vec<String>,
    pub(super) body: Body,
    pub(super) files: Vec<File>,
    pub(super) folders: Vec<(FolderKey, String)>,
    pub(super) can_delete: bool,
    /// The reader wants to see this sender's pictures without being asked.
    pub(super) trusted: bool,
    pub(super) card: Card,
}

/// How its body is shown.
pub(super) enum Body {
    /// Plain text, in the page itself.
    Text(Vec<Piece>),
    /// HTML, in a box.
    Box {
        /// In pixels.
        height: usize,
        /// It shows pictures from elsewhere, which wait until the reader asks for them.
        has_remote: bool,
    },
    Nothing,
}

/// An attachment.
pub(super) struct File {
    pub(super) n: usize,
    pub(super) name: String,
    pub(super) size: String,
}

pub(super) async fn stored(state: &AppState, person: &Person, key: MessageKey) -> Result<Stored, Problem> {
    let viewer = person.viewer;
    state.read(move |tx| Box::pin(async move { message::get(tx, &viewer, key).await })).await
}

pub(super) async fn raw(state: &AppState, person: &Person, key: MessageKey) -> Result<(Stored, Bytes), Problem> {
    let stored = stored(state, person, key).await?;
    let raw = state.room.store.raw(person.viewer.organisation, stored.digest).await?;
    Ok((stored, raw))
}

/// Reading a message may take a while, so it is done beside the threads that answer others.
pub(super) async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Problem::internal(&error))
}

/// What the pane shows of a message.
pub(super) async fn open(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    key: MessageKey,
    around: &Around,
) -> Result<Opened, Problem> {
    let (stored, raw) = raw(state, person, key).await?;
    let (organisation, account) = (person.viewer.organisation, stored.account);
    let (viewer, sender) = (person.viewer, stored.people.from.first().map(|from| from.address.clone()));
    let (folders, trusted, is_contact) = state
        .read(move |tx| {
            Box::pin(async move {
                let folders = folder::list(tx, organisation, account).await?;
                let Some(sender) = sender else { return Ok((folders, false, false)) };
                let trusted = shown_sender::get(tx, &viewer, &sender).await?;
                let is_contact = !contact::by_address(tx, organisation, &sender).await?.is_empty();
                Ok((folders, trusted, is_contact))
            })
        })
        .await?;
    let say = Say(visitor.language);
    let card = links::card(state, visitor, person, &stored).await?;
    let can_delete = stored.role != Role::Trash && folders.iter().any(|it| it.role == Role::Trash);
    let others = folders.iter().filter(|it| it.selectable && Some(it.id) != stored.folder);
    let folders = others.map(|it| (it.id, super::mailbox::folder_name(it.role, &it.name, say))).collect();
    let (read, body) = beside(move || {
        let read = parse::parse(&raw);
        let body = match (&read.html, &read.text) {
            (Some(html), _) => {
                let has_remote = !body::remote_pictures(&display::safe_html_with_remote_pictures(html)).is_empty();
                Body::Box { height: body::height(&display::safe_html(html)), has_remote }
            }
            (None, Some(text)) if !text.trim().is_empty() => Body::Text(body::pieces(text)),
            _ => Body::Nothing,
        };
        (read, body)
    })
    .await?;
    let habit = visitor.habit();
    let files = read.attachments.iter().filter(|it| !it.inline);
    let files = files.map(|it| File { n: it.n, name: it.name.clone(), size: habit.size(it.size as i64) }).collect();
    let warnings = doubt::warnings(&stored, &read, around, is_contact).into_iter();
    let warnings: Vec<String> = warnings.map(|it| it.message.say(visitor.language).to_owned()).collect();
    let sender = stored.people.from.first();
    Ok(Opened {
        id: key,
        from: sender.map_or_else(|| say.nobody().to_owned(), name_of),
        address: sender.map(|it| it.address.clone()).unwrap_or_default(),
        to: names(&stored.people.to),
        cc: names(&stored.people.cc),
        at: habit.moment(stored.received_at),
        flagged: stored.flagged,
        private: stored.private.then(|| private(&stored, say)),
        // Who may be somebody else is not trusted by that name.
        trusted: trusted && warnings.is_empty(),
        warnings,
        body,
        files,
        folders,
        can_delete,
        card,
    })
}

/// Why a message is private (features D3).
fn private(stored: &Stored, say: Say) -> &'static str {
    match stored.private_reason.as_deref() {
        Some("subject") => say.private_subject(),
        Some("contact") => say.private_contact(),
        Some("default") => say.private_default(),
        _ => say.private_person(),
    }
}

fn names(people: &[Address]) -> String {
    people.iter().map(name_of).collect::<Vec<_>>().join(", ")
}

/// The document in a message's box. It has no origin and runs nothing; whatever got past the cleaning has nowhere to go.
/// A link may open a window of its own, which then has an origin again: its own.
pub(super) const BOX_POLICY: HeaderValue = HeaderValue::from_static(
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:; \
     style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
);

/// What of it is wanted.
#[derive(Deserialize)]
pub(super) struct Shows {
    /// The pictures from elsewhere too.
    #[serde(default)]
    pictures: bool,
}

pub(super) async fn show_box(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<MessageKey>,
    Query(shows): Query<Shows>,
    headers: HeaderMap,
) -> Shown {
    let (_, raw) = raw(&state, &person, key).await?;
    let say = Say(visitor.language);
    // Another site may not make us ask a sender's server for anything.
    let html = match shows.pictures && origin::is_ours(&headers) {
        false => None,
        true => {
            let bytes = raw.clone();
            let clean = |html: String| display::safe_html_with_remote_pictures(&html);
            let html = beside(move || parse::parse(&bytes).html.map(clean).unwrap_or_default()).await?;
            let found = pictures::fetch(&state.room, body::remote_pictures(&html)).await;
            let address =
                |picture: &Picture| format!("data:{};base64,{}", picture.content_type, STANDARD.encode(&picture.bytes));
            Some(body::with_fetched(&html, |wanted| found.get(wanted).map(address)))
        }
    };
    let document = beside(move || {
        let read = parse::parse(&raw);
        let html = html.unwrap_or_else(|| read.html.as_deref().map(display::safe_html).unwrap_or_default());
        body::document(&html, say, own_pictures(&read, &raw))
    })
    .await?;
    let mut response = Html(document).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, BOX_POLICY);
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    Ok(response)
}

/// Gives the pictures that came with the message, by the name its HTML uses; only kinds of which no browser runs anything.
pub(super) fn own_pictures(read: &Message, raw: &[u8]) -> impl Fn(&str) -> Option<String> {
    let mut left = PICTURES_MAX;
    let kinds = ["image/png", "image/jpeg", "image/gif", "image/webp"];
    let named = read.attachments.iter().filter(|it| kinds.contains(&it.content_type.as_str()));
    let pictures: Vec<(String, String)> = named
        .filter_map(|it| {
            let name = it.content_id.clone()?;
            let bytes = parse::attachment(raw, it.n)?.bytes;
            left = left.checked_sub(bytes.len())?;
            Some((name, format!("data:{};base64,{}", it.content_type, STANDARD.encode(bytes))))
        })
        .collect();
    move |name| pictures.iter().find(|(known, _)| known == name).map(|(_, address)| address.clone())
}

/// An attachment; always a download.
pub(super) async fn file(
    State(state): State<AppState>,
    person: Person,
    NamedPair(key, n): NamedPair<MessageKey, usize>,
) -> Shown {
    let (_, raw) = raw(&state, &person, key).await?;
    let found = beside(move || parse::attachment(&raw, n)).await?.ok_or_else(Problem::not_found)?;
    Ok(download(&found.name, &found.content_type, found.bytes))
}

/// The message as it came; always a download.
pub(super) async fn source(State(state): State<AppState>, person: Person, Named(key): Named<MessageKey>) -> Shown {
    let (_, raw) = raw(&state, &person, key).await?;
    Ok(download(&format!("{key}.eml"), "message/rfc822", raw))
}

/// What a person does with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Deed {
    Unread,
    Flag,
    Unflag,
    Private,
    NotPrivate,
    Trash,
    Move,
    /// The pictures of this sender, from now on.
    Pictures,
    NoPictures,
}

#[derive(Deserialize)]
pub(super) struct Wish {
    deed: Deed,
    folder: Option<FolderKey>,
    #[serde(default)]
    back: String,
    /// Where to go when the message is not to be read any more.
    #[serde(default)]
    list: String,
}

/// Does it, and goes back to the page it came from. What is put away leaves the list, with the way back above it.
pub(super) async fn change(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<MessageKey>,
    headers: HeaderMap,
    Form(wish): Form<Wish>,
) -> Shown {
    let mut patch = MessagePatch::default();
    match wish.deed {
        Deed::Unread => patch.seen = Some(false),
        Deed::Flag => patch.flagged = Some(true),
        Deed::Unflag => patch.flagged = Some(false),
        Deed::Private => patch.private = Some(true),
        Deed::NotPrivate => patch.private = Some(false),
        Deed::Pictures | Deed::NoPictures => {
            let shown = wish.deed == Deed::Pictures;
            desk::sender::show_pictures(&state.room, &person.viewer, key, shown).await?;
            return Ok(Redirect::to(origin::onward(Some(&wish.back))).into_response());
        }
        Deed::Move => patch.folder = wish.folder,
        Deed::Trash => patch.folder = trash_of(&state, &person, key).await?,
    }
    let before = desk::message::change(&state.room, &person.viewer, key, patch).await?;
    let say = Say(visitor.language);
    let words = match wish.deed {
        Deed::Trash => say.one_thrown_away(),
        Deed::Move => say.one_moved(),
        Deed::Unread => return Ok(Redirect::to(origin::onward(Some(&wish.list))).into_response()),
        _ => return Ok(Redirect::to(origin::onward(Some(&wish.back))).into_response()),
    };
    let list = super::team::wanted(&wish.list);
    let done = Done::to_one(words.to_owned(), &before, list.list_link(), false)?;
    if let Some(elsewhere) = sent_on(is_secure(&state), &headers, &list.list_link(), done.as_ref()) {
        return elsewhere;
    }
    super::page_with(&state, &visitor, &person, (StatusCode::OK, list), None, done).await
}

/// The trash of the mailbox that the message is in.
async fn trash_of(state: &AppState, person: &Person, key: MessageKey) -> Result<Option<FolderKey>, Problem> {
    let viewer = person.viewer;
    state
        .read(move |tx| {
            Box::pin(async move {
                let account = viewer.may_see(tx, key).await?;
                let folders = folder::list(tx, viewer.organisation, account).await?;
                Ok(folders.iter().find(|it| it.role == Role::Trash).map(|it| it.id))
            })
        })
        .await
}
