//! One dossier: what it is, whose mail belongs in it, and that mail.

use super::Say;
use crate::{
    AppState,
    given::Named,
    page::{
        frame::{Frame, Place, Shown, shown},
        linked::{self, Letters},
        visitor::{Person, Visitor},
    },
    problem::Problem,
};
use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
    response::{IntoResponse, Redirect},
};
use mail::{ContactKey, DossierKey};
use mailroom::people;
use serde::Deserialize;
use store::{
    contact,
    dossier::{self, Dossier},
    external::Order,
    link::Target,
};

/// Contacts that are offered to be put in.
const OFFERED: usize = 8;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    /// What was done just before.
    done: String,
    /// Who is looked for, to be put in.
    who: String,
}

#[derive(Template)]
#[template(path = "dossiers/one.html")]
struct Page {
    frame: Frame,
    say: Say,
    dossier: Dossier,
    contacts: Vec<(ContactKey, String)>,
    who: String,
    /// Whom that may be, with their first address.
    offered: Vec<(ContactKey, String, String)>,
    notice: Option<&'static str>,
    letters: Letters,
}

pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(id): Named<DossierKey>,
    Query(asked): Query<linked::Asked>,
    Query(wanted): Query<Wanted>,
) -> Shown {
    let (viewer, say) = (person.viewer, Say(visitor.language));
    let who: String = wanted.who.trim().chars().take(200).collect();
    let typed = who.clone();
    let (dossier, contacts, offered) = state
        .read(move |tx| {
            Box::pin(async move {
                let dossier = dossier::get(tx, viewer.organisation, id).await?;
                let mut contacts = Vec::new();
                for key in &dossier.contacts {
                    contacts.push((*key, contact::get(tx, viewer.organisation, *key).await?.name));
                }
                let mut offered = Vec::new();
                if !typed.is_empty() {
                    let most = OFFERED + dossier.contacts.len();
                    let found = contact::list(tx, viewer.organisation, Some(&typed), Order::Name, None, most).await?;
                    offered.extend(found.0.into_iter().filter(|it| !dossier.contacts.contains(&it.id)).take(OFFERED));
                }
                Ok((dossier, contacts, offered))
            })
        })
        .await?;
    let path = format!("/dossiers/{id}");
    let letters = linked::of(&state, &visitor, &person, Target::Dossier(id), asked, path).await?;
    let offer = |contact: contact::Contact| {
        (contact.id, contact.name, contact.addresses.into_iter().next().unwrap_or_default())
    };
    shown(&Page {
        frame: Frame::new(&visitor, Place::Dossiers),
        say,
        dossier,
        contacts,
        who,
        offered: offered.into_iter().map(offer).collect(),
        notice: match wanted.done.as_str() {
            "made" => Some(say.made()),
            "saved" => Some(say.saved()),
            "joined" => Some(say.joined()),
            "left" => Some(say.left()),
            _ => None,
        },
        letters,
    })
}

/// The dossier, for a form.
pub(super) async fn get(state: &AppState, person: &Person, id: DossierKey) -> Result<Dossier, Problem> {
    let organisation = person.viewer.organisation;
    state.read(move |tx| Box::pin(async move { dossier::get(tx, organisation, id).await })).await
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Deed {
    Join,
    Leave,
}

#[derive(Deserialize)]
pub(super) struct Wish {
    deed: Deed,
    contact: ContactKey,
}

/// Puts a contact in, or takes it out.
pub(super) async fn admit(
    State(state): State<AppState>,
    person: Person,
    Named(id): Named<DossierKey>,
    Form(wish): Form<Wish>,
) -> Shown {
    let done = match wish.deed {
        Deed::Join => {
            people::dossier::join(&state.room, &person.viewer, id, wish.contact).await?;
            "joined"
        }
        Deed::Leave => {
            people::dossier::leave(&state.room, &person.viewer, id, wish.contact).await?;
            "left"
        }
    };
    Ok(Redirect::to(&format!("/dossiers/{id}?done={done}")).into_response())
}
