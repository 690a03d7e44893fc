//! The card of a message: the contacts and dossiers it belongs to, each with its reason, and what a person does about it
//! (features D1, D4).

use crate::{
    AppState,
    given::Named,
    page::{
        frame::{Frame, Place, Shown, shown},
        habit::Moment,
        linked::{self, names_for},
        origin,
        visitor::{Person, Visitor},
    },
    problem::Problem,
};
use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
    http::HeaderMap,
    response::{IntoResponse, Redirect},
};
use mail::{Address, ContactKey, DossierKey, MessageKey};
use mailroom::{desk, people};
use serde::Deserialize;
use std::fmt::Display;
use store::{
    StoreError, Tx, Viewer, account,
    contact::{self, NewContact, Order},
    dossier::{self, Filter},
    link::{Link, Reason, Target},
    message::{self, Stored},
};

mod words {
    use crate::page::words::words;

    words! {
        /// The card of a message.
        Say {
            title "Waar hoort deze mail bij?" "Where does this mail belong?";
            belongs_to "Hoort bij" "Belongs to";
            belongs_nowhere "Hoort nog nergens bij" "Belongs nowhere yet";
            link "Koppelen" "Link";
            link_named(name) "Koppelen aan {name}" "Link to {name}";
            unlink "Loskoppelen" "Unlink";
            unlink_named(name) "Loskoppelen van {name}" "Unlink from {name}";
            change "Koppelen of loskoppelen" "Link or unlink";
            unlinked(name) "Losgekoppeld van {name}. Geen regel koppelt deze mail daar nog aan." "Unlinked from {name}. No rule links this mail there again.";
            undo "Ongedaan maken" "Undo";
            search "Zoeken" "Search";
            find "Zoek een contact of dossier" "Find a contact or dossier";
            nothing_found "Niets anders gevonden." "Nothing else found.";
            contact "Contact" "Contact";
            dossier "Dossier" "Dossier";
            new_contact "Nieuw contact" "New contact";
            new_dossier "Nieuw dossier" "New dossier";
            meet(who) "Contact maken van {who}" "Make {who} a contact";
            left_out(address, line) "{address} wordt in deze mailbox niet gekoppeld, vanwege de regel {line}." "{address} is not linked in this mailbox, because of the line {line}.";
            to_mail "Terug naar de mail" "Back to the mail";
        }
    }
}
use words::Say;

/// Contacts, and dossiers, that are offered.
const OFFERED: usize = 6;
/// People of one message that may become contacts.
const STRANGERS: usize = 4;

/// Something that the message is linked to, or may be.
pub(super) struct Linked {
    /// `cnt_` or `dos_`.
    pub(super) key: String,
    pub(super) name: String,
    pub(super) is_dossier: bool,
    pub(super) path: String,
    /// Why it is linked, or what tells it apart.
    pub(super) why: String,
}

/// The card.
pub(super) struct Card {
    pub(super) say: Say,
    pub(super) message: MessageKey,
    pub(super) linked: Vec<Linked>,
    /// Addresses that no contact has, with how to call them.
    pub(super) strangers: Vec<(String, String)>,
    /// Addresses that are left out, and by what.
    pub(super) left_out: Vec<String>,
    /// What was unlinked just before.
    pub(super) undo: Option<Linked>,
    /// Only on the page of its own.
    pub(super) search: Option<Search>,
}

/// Looking for something to link to.
pub(super) struct Search {
    pub(super) q: String,
    pub(super) found: Vec<Linked>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
    undo: String,
}

#[derive(Template)]
#[template(path = "mail/links.html")]
struct Page {
    frame: Frame,
    say: Say,
    subject: String,
    from: String,
    at: Moment,
    /// The message within its conversation.
    back: String,
    card: Card,
}

impl Linked {
    fn contact(key: ContactKey, name: String, why: String) -> Linked {
        Linked { key: key.to_string(), path: format!("/contacts/{key}"), name, is_dossier: false, why }
    }

    fn dossier(key: DossierKey, name: String, why: String) -> Linked {
        Linked { key: key.to_string(), path: format!("/dossiers/{key}"), name, is_dossier: true, why }
    }
}

/// The card of a message that the viewer sees.
pub(super) async fn card(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    stored: &Stored,
) -> Result<Card, Problem> {
    let (viewer, links, account, met) = (person.viewer, stored.links.clone(), stored.account, people_of(stored));
    let (named, own, never_link, strangers) = state
        .read(move |tx| {
            Box::pin(async move {
                let named = names_for(tx, &viewer, links.iter()).await?;
                let settings = account::get(tx, &viewer, account).await?.settings;
                let mut strangers = Vec::new();
                for one in met {
                    if contact::by_address(tx, viewer.organisation, &one.address).await?.is_empty() {
                        strangers.push(one);
                    }
                }
                Ok((named, settings.address, settings.never_link, strangers))
            })
        })
        .await?;
    let (say, words, habit) = (Say(visitor.language), linked::Say(visitor.language), visitor.habit());
    let one = |link: &Link| {
        let why = named.why(link, &stored.links, words, &habit);
        match link.target {
            Target::Contact(key) => named.contacts.get(&key).map(|it| Linked::contact(key, it.name.clone(), why)),
            Target::Dossier(key) => named.dossiers.get(&key).map(|it| Linked::dossier(key, it.name.clone(), why)),
        }
    };
    let mut card = Card {
        say,
        message: stored.id,
        linked: stored.links.iter().filter_map(one).collect(),
        strangers: Vec::new(),
        left_out: Vec::new(),
        undo: None,
        search: None,
    };
    for stranger in strangers {
        match people::exclusion::verdict(&own, &never_link, &stranger.address) {
            people::exclusion::Verdict::Own => {}
            people::exclusion::Verdict::LeftOut(line) => card.left_out.push(say.left_out(&stranger.address, line)),
            people::exclusion::Verdict::Linked => {
                card.strangers.push((stranger.address.clone(), stranger.to_string()));
            }
        }
    }
    card.strangers.truncate(STRANGERS);
    Ok(card)
}

/// Whom the message is from, or to when it is ours.
fn people_of(stored: &Stored) -> Vec<Address> {
    let people = &stored.people;
    match stored.outgoing {
        true => people.to.iter().chain(&people.cc).take(2 * STRANGERS).cloned().collect(),
        false => people.from.iter().take(STRANGERS).cloned().collect(),
    }
}

async fn stored(state: &AppState, person: &Person, key: MessageKey) -> Result<Stored, Problem> {
    let viewer = person.viewer;
    state.read(move |tx| Box::pin(async move { message::get(tx, &viewer, key).await })).await
}

/// The card on a page of its own, where one looks for more to link to.
pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<MessageKey>,
    Query(asked): Query<Asked>,
) -> Shown {
    let stored = stored(&state, &person, key).await?;
    let mut card = card(&state, &visitor, &person, &stored).await?;
    let (viewer, undone) = (person.viewer, target(&asked.undo));
    let q: String = asked.q.trim().chars().take(200).collect();
    let (typed, known) = (q.clone(), stored.links.clone());
    let (found, undo) = state
        .read(move |tx| {
            Box::pin(async move {
                let found = match typed.is_empty() {
                    true => Vec::new(),
                    false => find(tx, &viewer, &typed, &known).await?,
                };
                let undo = match undone {
                    Some(Target::Contact(key)) => {
                        let contact = contact::get(tx, viewer.organisation, key).await?;
                        Some(Linked::contact(key, contact.name, String::new()))
                    }
                    Some(Target::Dossier(key)) => {
                        let dossier = dossier::get(tx, viewer.organisation, key).await?;
                        Some(Linked::dossier(key, dossier.name, String::new()))
                    }
                    None => None,
                };
                Ok((found, undo))
            })
        })
        .await?;
    card.undo = undo.filter(|undo| card.linked.iter().all(|linked| linked.key != undo.key));
    card.search = Some(Search { q, found });
    let words = linked::Say(visitor.language);
    shown(&Page {
        frame: Frame::new(&visitor, Place::Mail),
        say: Say(visitor.language),
        subject: Some(stored.subject).filter(|it| !it.is_empty()).unwrap_or_else(|| words.no_subject().to_owned()),
        from: stored.people.from.first().map_or_else(|| words.nobody().to_owned(), Address::to_string),
        at: visitor.habit().moment(stored.received_at),
        back: format!("{}?message={1}#{1}", stored.conversation, stored.id),
        card,
    })
}

/// Contacts and dossiers of that name to which the message is not linked.
async fn find(tx: &mut Tx, viewer: &Viewer, typed: &str, known: &[Link]) -> Result<Vec<Linked>, StoreError> {
    let most = OFFERED + known.len();
    let is_new = |target: Target| known.iter().all(|link| link.target != target);
    let (contacts, _) = contact::list(tx, viewer.organisation, Some(typed), Order::Name, None, most).await?;
    let contacts = contacts.into_iter().filter(|it| is_new(Target::Contact(it.id))).take(OFFERED);
    let mut found: Vec<Linked> = contacts
        .map(|it| Linked::contact(it.id, it.name, it.addresses.into_iter().next().unwrap_or_default()))
        .collect();
    let filter = Filter { query: Some(typed), contact: None };
    let (dossiers, _) = dossier::list(tx, viewer.organisation, filter, Order::Name, None, most).await?;
    let dossiers = dossiers.into_iter().filter(|it| is_new(Target::Dossier(it.id))).take(OFFERED);
    found.extend(dossiers.map(|it| Linked::dossier(it.id, it.name, it.kind)));
    Ok(found)
}

/// What a key names.
fn target(key: &str) -> Option<Target> {
    let contact = key.parse().ok().map(Target::Contact);
    contact.or_else(|| key.parse().ok().map(Target::Dossier))
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Deed {
    Link,
    Unlink,
    Meet,
}

#[derive(Deserialize)]
pub(super) struct Wish {
    deed: Deed,
    /// A contact or dossier.
    #[serde(default)]
    target: String,
    /// Who becomes a contact.
    #[serde(default)]
    address: String,
    #[serde(default)]
    back: String,
}

/// Links, unlinks, or makes somebody of the message a contact.
pub(super) async fn change(
    State(state): State<AppState>,
    person: Person,
    Named(key): Named<MessageKey>,
    headers: HeaderMap,
    Form(wish): Form<Wish>,
) -> Shown {
    let (room, viewer) = (&state.room, &person.viewer);
    let named = || target(&wish.target).ok_or_else(Problem::not_found);
    let mut undo = String::new();
    match wish.deed {
        Deed::Link => desk::link::link(room, viewer, key, named()?, Reason::Person).await?,
        Deed::Unlink => {
            desk::link::unlink(room, viewer, key, named()?).await?;
            undo = format!("?undo={}", wish.target);
        }
        Deed::Meet => {
            let stored = stored(&state, &person, key).await?;
            let met = people_of(&stored).into_iter().find(|one| one.address == wish.address);
            people::contact::create(room, viewer, contact_of(met.ok_or_else(Problem::not_found)?)).await?;
        }
    }
    // By script only the card is taken from what follows; what was taken away can be undone there.
    let own = format!("/mail/messages/{key}/links{undo}");
    let to = match headers.contains_key("hx-request") || wish.back.is_empty() || !undo.is_empty() {
        true => own.as_str(),
        false => origin::onward(Some(&wish.back)),
    };
    Ok(Redirect::to(to).into_response())
}

fn contact_of(Address { name, address }: Address) -> NewContact {
    let is_name = |name: &String| !name.trim().is_empty() && !name.contains(char::is_control);
    let name = name.filter(is_name).map(|name| name.chars().take(500).collect());
    NewContact { name: name.unwrap_or_else(|| address.clone()), addresses: vec![address], ..NewContact::default() }
}

/// For the forms of the card.
fn path_of(message: impl Display) -> String {
    format!("/mail/messages/{message}/links")
}

impl Card {
    /// Where its forms go.
    pub(super) fn path(&self) -> String {
        path_of(self.message)
    }
}
