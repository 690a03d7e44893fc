//! Why a message is linked, in words.

use super::Say;
use crate::page::habit::Habit;
use mail::{ContactKey, DossierKey, UserKey};
use std::collections::HashMap;
use store::{
    StoreError, Tx, Viewer, contact, dossier,
    link::{Link, Reason, Target},
    user,
};

/// The names that the reasons of some links speak of, each looked up once.
#[derive(Debug, Default)]
pub(crate) struct Named {
    people: HashMap<UserKey, String>,
    pub(crate) contacts: HashMap<ContactKey, contact::Contact>,
    pub(crate) dossiers: HashMap<DossierKey, dossier::Dossier>,
}

/// Looks up what these links lead to and who decided on them.
pub(crate) async fn names_for(
    tx: &mut Tx,
    viewer: &Viewer,
    links: impl Iterator<Item = &Link>,
) -> Result<Named, StoreError> {
    let mut named = Named::default();
    for link in links {
        match link.target {
            Target::Contact(key) if !named.contacts.contains_key(&key) => {
                named.contacts.insert(key, contact::get(tx, viewer.organisation, key).await?);
            }
            Target::Dossier(key) if !named.dossiers.contains_key(&key) => {
                named.dossiers.insert(key, dossier::get(tx, viewer.organisation, key).await?);
            }
            _ => {}
        }
        if let Some(key) = link.decided_by
            && !named.people.contains_key(&key)
        {
            let user = user::get(tx, viewer.organisation, key).await?;
            named.people.insert(key, user.called().to_owned());
        }
    }
    Ok(named)
}

impl Named {
    /// Why a message that has these links has this one.
    pub(crate) fn why(&self, link: &Link, all: &[Link], say: Say, habit: &Habit) -> String {
        let by = || {
            let name = link.decided_by.and_then(|key| self.people.get(&key));
            name.cloned().unwrap_or_else(|| say.somebody().to_owned())
        };
        let day = || habit.moment(link.linked_at).short;
        match link.reason {
            Reason::Address => say.why_address().to_owned(),
            Reason::Contact => self
                .by_contact(link, all)
                .map_or_else(|| say.why_contact().to_owned(), |contact| say.why_contact_named(contact)),
            Reason::Conversation => say.why_conversation().to_owned(),
            Reason::Person => say.why_person(by(), day()),
            Reason::Api => say.why_api(by(), day()),
        }
    }

    /// The name of the contact that brought the message into this dossier.
    fn by_contact(&self, link: &Link, all: &[Link]) -> Option<&str> {
        let Target::Dossier(dossier) = link.target else { return None };
        let members = &self.dossiers.get(&dossier)?.contacts;
        let linked = all.iter().filter_map(|other| match other.target {
            Target::Contact(key) if members.contains(&key) => self.contacts.get(&key),
            _ => None,
        });
        linked.map(|contact| contact.name.as_str()).next()
    }
}
