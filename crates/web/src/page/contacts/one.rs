//! One contact: who it is, its dossiers, and all its mail.

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
use axum::extract::{Query, State};
use mail::{ContactKey, DossierKey};
use mailroom::people::{
    exclusion::{self, Verdict},
    personal::may_copy_others,
};
use serde::Deserialize;
use store::{
    account,
    contact::{self, Contact, Order},
    dossier::{self, Filter},
    link::Target,
};

/// Dossiers of one contact that are shown, and mailboxes of which the exclusions are.
const MANY: usize = 500;

#[derive(Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    done: String,
}

#[derive(Template)]
#[template(path = "contacts/one.html")]
struct Page {
    frame: Frame,
    say: Say,
    contact: Contact,
    /// Its first address, to write to; empty when it has none.
    write_to: String,
    dossiers: Vec<(DossierKey, String, String)>,
    /// Addresses of which mail is not linked everywhere, and by what.
    excluded: Vec<String>,
    /// Whether the visitor may take a copy of what is known about others.
    may_copy: bool,
    notice: Option<&'static str>,
    letters: Letters,
}

pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(id): Named<ContactKey>,
    Query(asked): Query<linked::Asked>,
    Query(Done { done }): Query<Done>,
) -> Shown {
    let (viewer, say) = (person.viewer, Say(visitor.language));
    let (contact, dossiers, accounts) = state
        .read(move |tx| {
            Box::pin(async move {
                let contact = contact::get(tx, viewer.organisation, id).await?;
                let filter = Filter { contact: Some(id), ..Filter::default() };
                let (dossiers, _) = dossier::list(tx, viewer.organisation, filter, Order::Name, None, MANY).await?;
                Ok((contact, dossiers, account::list(tx, &viewer, None, MANY).await?.0))
            })
        })
        .await?;
    let letters = linked::of(&state, &visitor, &person, Target::Contact(id), asked, format!("/contacts/{id}")).await?;
    let pairs = contact.addresses.iter().flat_map(|address| accounts.iter().map(move |it| (address, &it.settings)));
    let excluded = pairs.filter_map(|(address, settings)| {
        let mailbox = settings.called();
        match exclusion::verdict(&settings.address, &settings.never_link, address) {
            Verdict::Linked => None,
            Verdict::Own => Some(say.is_own(address, mailbox)),
            Verdict::LeftOut(line) => Some(say.not_linked_in(address, mailbox, line)),
        }
    });
    shown(&Page {
        frame: Frame::new(&visitor, Place::Contacts),
        say,
        excluded: excluded.collect(),
        may_copy: may_copy_others(&viewer),
        write_to: contact.addresses.first().cloned().unwrap_or_default(),
        dossiers: dossiers.into_iter().map(|it| (it.id, it.name, it.kind)).collect(),
        notice: match done.as_str() {
            "made" => Some(say.made()),
            "saved" => Some(say.saved()),
            _ => None,
        },
        contact,
        letters,
    })
}

/// The contact, for a form.
pub(super) async fn get(state: &AppState, person: &Person, id: ContactKey) -> Result<Contact, Problem> {
    let organisation = person.viewer.organisation;
    state.read(move |tx| Box::pin(async move { contact::get(tx, organisation, id).await })).await
}
