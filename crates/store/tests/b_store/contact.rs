//! Contacts and dossiers that come after their mail.

use crate::house::{ACCOUNT, NOW, ORGANISATION, contact as key};
use mail::{DossierKey, MessageKey};
use store::{
    StoreError,
    contact::{self, ContactPatch, External, NewContact, Order},
    dossier::{self, DossierPatch, Filter, NewDossier},
    link::{self, Link, Reason, Target},
};

fn jan(addresses: &[&str], hidden: bool) -> NewContact {
    NewContact {
        name: "Jan Jansen".into(),
        addresses: addresses.iter().map(|address| (*address).to_owned()).collect(),
        hidden,
        external: Some(External { source: "crm".into(), id: "7".into() }),
        ..NewContact::default()
    }
}

fn targets(links: &[Link]) -> Vec<(Target, Reason)> {
    links.iter().map(|link| (link.target, link.reason)).collect()
}

on_both! {
    a_contact_that_comes_later_finds_its_mail(house) {
        let message = house.message(1, ACCOUNT, 1, &["jan@klant.nl", "info@voorbeeld.nl"]).await;
        house.message(2, ACCOUNT, 1, &["piet@klant.nl"]).await;
        unit!(house, tx => contact::create(tx, ORGANISATION, key(71), &jan(&["Jan@Klant.NL"], false), NOW).await).unwrap();
        let links = unit!(house, tx => link::links_of(tx, ORGANISATION, &[message, MessageKey(2)]).await).unwrap();
        assert_eq!(targets(&links[0]), [(Target::Contact(key(71)), Reason::Address)]);
        assert!(links[1].is_empty());
        assert_eq!(house.count("SELECT COUNT(*) FROM changes WHERE kind = 'message.linked' AND message = 1").await, 1);
        let dossier = NewDossier { name: "Dak".into(), contacts: vec![key(71)], ..NewDossier::default() };
        unit!(house, tx => dossier::create(tx, ORGANISATION, DossierKey(81), &dossier, NOW).await).unwrap();
        let links = unit!(house, tx => link::links_of(tx, ORGANISATION, &[message]).await).unwrap();
        assert_eq!(targets(&links[0])[1], (Target::Dossier(DossierKey(81)), Reason::Contact));
    }

    many_messages_are_linked_in_batches_and_none_is_left_out(house) {
        for id in 1..=1203 {
            house.message(id, ACCOUNT, 1, &["jan@klant.nl"]).await;
        }
        unit!(house, tx => contact::create(tx, ORGANISATION, key(71), &jan(&["jan@klant.nl"], false), NOW).await).unwrap();
        assert_eq!(house.count("SELECT COUNT(*) FROM links").await, 500);
        assert_eq!(house.count("SELECT MIN(message) FROM links").await, 704, "the newest first");
        assert!(unit!(house, tx => contact::go_on_relinking(tx, NOW).await).unwrap());
        assert!(unit!(house, tx => contact::go_on_relinking(tx, NOW).await).unwrap());
        assert!(!unit!(house, tx => contact::go_on_relinking(tx, NOW).await).unwrap());
        assert_eq!(house.count("SELECT COUNT(*) FROM links").await, 1203);
    }

    excluded_addresses_and_the_account_itself_lead_to_no_contact(house) {
        house.message(1, ACCOUNT, 1, &["collega@intern.nl", "info@voorbeeld.nl"]).await;
        let both = jan(&["collega@intern.nl", "info@voorbeeld.nl"], true);
        unit!(house, tx => contact::create(tx, ORGANISATION, key(71), &both, NOW).await).unwrap();
        assert_eq!(house.count("SELECT COUNT(*) FROM links").await, 0);
        assert_eq!(house.count("SELECT COUNT(*) FROM messages WHERE private").await, 0);
    }

    what_a_person_took_away_no_rule_brings_back_but_a_person_can(house) {
        let message = house.message(1, ACCOUNT, 1, &["jan@klant.nl"]).await;
        let (owner, stranger) = (house.owner, house.stranger);
        unit!(house, tx => contact::create(tx, ORGANISATION, key(71), &jan(&["jan@klant.nl"], false), NOW).await).unwrap();
        let target = Target::Contact(key(71));
        assert!(matches!(unit!(house, tx => link::unlink(tx, &stranger, message, target, NOW).await), Err(StoreError::NotFound)));
        unit!(house, tx => link::unlink(tx, &owner, message, target, NOW).await).unwrap();
        for addresses in [vec![], vec!["jan@klant.nl".to_owned()]] {
            let patch = ContactPatch { addresses: Some(addresses), ..ContactPatch::default() };
            unit!(house, tx => contact::update(tx, ORGANISATION, key(71), &patch, NOW).await).unwrap();
        }
        assert!(unit!(house, tx => link::links_of(tx, ORGANISATION, &[message]).await).unwrap()[0].is_empty());
        unit!(house, tx => link::link(tx, &owner, message, target, Reason::Person, NOW).await).unwrap();
        let links = unit!(house, tx => link::links_of(tx, ORGANISATION, &[message]).await).unwrap();
        assert_eq!((links[0][0].reason, links[0][0].decided_by), (Reason::Person, Some(owner.user)));
    }

    an_address_that_leaves_takes_its_mail_along_and_the_dossiers_it_came_into(house) {
        let message = house.message(1, ACCOUNT, 1, &["jan@klant.nl"]).await;
        let both = house.message(2, ACCOUNT, 1, &["jan@klant.nl", "jan@thuis.nl"]).await;
        let dossier = NewDossier { name: "Dak".into(), contacts: vec![key(71)], ..NewDossier::default() };
        unit!(house, tx => {
            contact::create(tx, ORGANISATION, key(71), &jan(&["jan@klant.nl", "jan@thuis.nl"], false), NOW).await?;
            dossier::create(tx, ORGANISATION, DossierKey(81), &dossier, NOW).await
        })
        .unwrap();
        let patch = ContactPatch { addresses: Some(vec!["jan@thuis.nl".into()]), ..ContactPatch::default() };
        unit!(house, tx => contact::update(tx, ORGANISATION, key(71), &patch, NOW).await).unwrap();
        let links = unit!(house, tx => link::links_of(tx, ORGANISATION, &[message, both]).await).unwrap();
        assert_eq!((links[0].len(), links[1].len()), (0, 2));
        let nobody = DossierPatch { contacts: Some(vec![]), ..DossierPatch::default() };
        unit!(house, tx => dossier::update(tx, ORGANISATION, DossierKey(81), &nobody, NOW).await).unwrap();
        let links = unit!(house, tx => link::links_of(tx, ORGANISATION, &[both]).await).unwrap();
        assert_eq!(targets(&links[0]), [(Target::Contact(key(71)), Reason::Address)]);
    }

    hiding_a_contact_makes_its_mail_private_at_once_and_showing_it_undoes_that(house) {
        for id in 1..=501 {
            house.message(id, ACCOUNT, 1, &["jan@klant.nl", "anna@klant.nl"]).await;
        }
        unit!(house, tx => contact::create(tx, ORGANISATION, key(71), &jan(&["jan@klant.nl"], true), NOW).await).unwrap();
        assert_eq!(house.count("SELECT COUNT(*) FROM messages WHERE private AND private_reason = 'contact'").await, 501);
        house.run("UPDATE messages SET private_reason = 'subject' WHERE id = 5").await;
        let shown = ContactPatch { hidden: Some(false), ..ContactPatch::default() };
        unit!(house, tx => contact::update(tx, ORGANISATION, key(71), &shown, NOW).await).unwrap();
        assert_eq!(house.count("SELECT COUNT(*) FROM messages WHERE private").await, 1);
    }

    the_business_software_makes_a_contact_once_and_changes_it_after_that(house) {
        let crm = |id: &str| External { source: "crm".into(), id: id.into() };
        let (named, nine) = (crm("7"), crm("9"));
        let (again, again_nine) = (named.clone(), nine.clone());
        let patch = |name: &str, address: &str| ContactPatch { name: Some(name.into()), addresses: Some(vec![address.into()]), ..ContactPatch::default() };
        let jan = patch("Jan Jansen", "jan@klant.nl");
        let (first, made) = unit!(house, tx => contact::upsert(tx, ORGANISATION, key(71), named, jan, NOW).await).unwrap();
        assert!(made);
        let renamed = patch("J. Jansen 100%", "jan@thuis.nl");
        let (second, made) = unit!(house, tx => contact::upsert(tx, ORGANISATION, key(72), again, renamed, NOW).await).unwrap();
        assert!(!made);
        assert_eq!((second.id, second.name.as_str(), second.addresses.as_slice()), (first.id, "J. Jansen 100%", &["jan@thuis.nl".to_owned()][..]));
        let typed = [("jansen", 1), ("j. j", 1), ("jan@thuis", 1), ("Thuis.nl", 1), ("ansen", 0), ("%", 0), ("100%", 1)];
        for (query, found) in typed {
            let listed = unit!(house, tx => contact::list(tx, ORGANISATION, Some(query), Order::Made, None, 9).await).unwrap().0;
            assert_eq!(listed.len(), found, "{query}");
        }
        assert_eq!(unit!(house, tx => contact::by_address(tx, ORGANISATION, "JAN@thuis.nl").await).unwrap().len(), 1);
        let dak = DossierPatch { name: Some("Dak".into()), ..DossierPatch::default() };
        let same = dak.clone();
        assert!(unit!(house, tx => dossier::upsert(tx, ORGANISATION, DossierKey(81), nine, dak, NOW).await).unwrap().1);
        assert!(!unit!(house, tx => dossier::upsert(tx, ORGANISATION, DossierKey(82), again_nine, same, NOW).await).unwrap().1);
        let filter = Filter { query: Some("da"), contact: Some(key(71)) };
        let of_jan = unit!(house, tx => dossier::list(tx, ORGANISATION, filter, Order::Name, None, 9).await).unwrap();
        assert!(of_jan.0.is_empty());
        unit!(house, tx => dossier::join(tx, ORGANISATION, DossierKey(81), key(71), NOW).await).unwrap();
        unit!(house, tx => dossier::join(tx, ORGANISATION, DossierKey(81), key(71), NOW).await).unwrap();
        let of_jan = unit!(house, tx => dossier::list(tx, ORGANISATION, filter, Order::Name, None, 9).await).unwrap();
        assert_eq!(of_jan.0[0].contacts, [key(71)]);
        unit!(house, tx => dossier::leave(tx, ORGANISATION, DossierKey(81), key(71), NOW).await).unwrap();
        assert!(unit!(house, tx => dossier::get(tx, ORGANISATION, DossierKey(81)).await).unwrap().contacts.is_empty());
    }

    contacts_come_by_name_whatever_their_accents_and_a_page_at_a_time(house) {
        for (id, name) in [(71, "Zoë"), (72, "émile Ärzte"), (73, "Bob"), (74, "Emile"), (75, "bob")] {
            let new = NewContact { name: name.into(), kind: "klant".into(), ..NewContact::default() };
            unit!(house, tx => contact::create(tx, ORGANISATION, key(id), &new, NOW).await).unwrap();
        }
        let (mut names, mut after) = (Vec::new(), None);
        loop {
            let (page, next) =
                unit!(house, tx => contact::list(tx, ORGANISATION, None, Order::Name, after, 2).await).unwrap();
            names.extend(page.into_iter().map(|contact| contact.name));
            after = next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(names, ["Bob", "bob", "Emile", "émile Ärzte", "Zoë"]);
        let found = unit!(house, tx => contact::list(tx, ORGANISATION, Some("ARZ"), Order::Name, None, 2).await).unwrap();
        assert_eq!((found.0[0].id, found.0[0].kind.as_str()), (key(72), "klant"));
    }

    the_name_of_the_business_software_changes_and_belongs_to_one_only(house) {
        unit!(house, tx => contact::create(tx, ORGANISATION, key(71), &jan(&[], false), NOW).await).unwrap();
        let els = NewContact { name: "Els".into(), ..NewContact::default() };
        unit!(house, tx => contact::create(tx, ORGANISATION, key(72), &els, NOW).await).unwrap();
        let named = |id: &str| ContactPatch {
            external: Some(Some(External { source: "crm".into(), id: id.into() })),
            ..ContactPatch::default()
        };
        let (taken, free) = (named("7"), named("8"));
        let refused = unit!(house, tx => contact::update(tx, ORGANISATION, key(72), &taken, NOW).await);
        assert!(matches!(refused, Err(StoreError::Conflict { code: "external_taken", .. })), "{refused:?}");
        let saved = unit!(house, tx => contact::update(tx, ORGANISATION, key(72), &free, NOW).await).unwrap();
        assert_eq!(saved.external.map(|external| external.id).as_deref(), Some("8"));
        let none = ContactPatch { external: Some(None), ..ContactPatch::default() };
        let saved = unit!(house, tx => contact::update(tx, ORGANISATION, key(71), &none, NOW).await).unwrap();
        assert_eq!(saved.external, None);
    }
}
