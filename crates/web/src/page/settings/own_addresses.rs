//! The tab Own addresses: at which domain this Postkamer has addresses of its own, and whether mail gets there.

use super::bar;
use crate::AppState;
use crate::page::{
    frame::{Frame, Place, Shown, shown},
    habit::Moment,
    route::{Pages, Who},
    tabs::Tab,
    visitor::{Person, Visitor},
    words::words,
};
use askama::Template;
use axum::extract::State;
use connect::dns::DnsError;
use mailroom::accounts::relay;
use std::time::Duration;
use store::account;

/// A name server that is slow holds up no page.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/settings/addresses", Who::Administrators, show)
}

words! {
    Say {
        title "Eigen adressen" "Own addresses";
        why "Postkamer kan zelf mail ontvangen: op de tijdelijke mailbox, en op adressen waarheen u een bestaande mailbox laat doorsturen. Al die adressen eindigen op het domein hieronder." "Postkamer can receive mail itself: at the temporary mailbox, and at addresses to which you have an existing mailbox forwarded. All of them end in the domain below.";
        domain "Domein" "Domain";
        domain_not_public "Dit is alleen een naam voor deze machine. De beheerder van de server kiest een echt domein met --base-domain." "This is only a name for this machine. The server's administrator chooses a real domain with --base-domain.";
        taking "Mail aannemen" "Taking mail in";
        is_on(address, since) "Aan: {address}, sinds {since}." "On: {address}, since {since}.";
        is_off "Uit: mail van buiten komt niet aan. De beheerder van de server zet het aan met --smtp 0.0.0.0:25." "Off: mail from outside does not arrive. The server's administrator switches it on with --smtp 0.0.0.0:25.";
        certified "Met een eigen certificaat van de beheerder." "With a certificate of the administrator's.";
        self_made "Versleuteld met een zelfgemaakt certificaat; andere mailservers nemen daar genoegen mee." "Encrypted with a certificate of its own making; other mail servers are content with that.";
        mx "MX-record" "MX record";
        mx_leads(hosts) "Mail voor dit domein gaat naar {hosts}." "Mail for this domain goes to {hosts}.";
        mx_none "Er is geen MX-record voor dit domein: andere mailservers weten niet waar ze moeten zijn." "There is no MX record for this domain: other mail servers don't know where to go.";
        mx_unknown "Het MX-record is nu niet op te vragen." "The MX record can't be looked up now.";
        mx_publish(domain) "Publiceer bij de beheerder van het domein: {domain}. MX 10 gevolgd door de naam van deze server." "Publish with whoever keeps the domain: {domain}. MX 10 followed by this server's name.";
        mailboxes "Mailboxen met een eigen adres" "Mailboxes with an address of our own";
        mailbox "Mailbox" "Mailbox";
        address "Adres bij Postkamer" "Address at Postkamer";
        state "Stand" "State";
        in_use "in gebruik" "in use";
        switched_off "staat uit" "switched off";
        none "Nog geen mailbox heeft een adres bij Postkamer." "No mailbox has an address at Postkamer yet.";
    }
}

#[derive(Template)]
#[template(path = "settings/own_addresses.html")]
struct Page {
    frame: Frame,
    say: Say,
    tabs: Vec<Tab>,
    domain: String,
    is_public: bool,
    doors: Vec<Door>,
    /// Where mail is led, in words, and whether that is well.
    led: (String, bool),
    publish: Option<String>,
    mailboxes: Vec<Line>,
}

/// A node that takes mail in.
struct Door {
    words: String,
    certified: bool,
}

/// A mailbox with an address of ours.
struct Line {
    id: mail::AccountKey,
    name: String,
    address: String,
    active: bool,
}

async fn show(State(state): State<AppState>, visitor: Visitor, person: Person) -> Shown {
    let (say, habit) = (Say(visitor.language), visitor.habit());
    let own = relay::own_addresses(&state.room).await?;
    let viewer = person.viewer;
    let accounts = state
        .read(move |tx| Box::pin(async move { Ok(account::list(tx, &viewer, None, super::MANY).await?.0) }))
        .await?;
    let mailboxes = accounts.into_iter().filter_map(|account| {
        let address = account.settings.incoming.relay_address()?.to_owned();
        let named = &account.settings;
        let name = if named.display_name.is_empty() { &named.address } else { &named.display_name };
        Some(Line { id: account.id, name: name.clone(), address, active: account.settings.active })
    });
    let doors = own.listeners.iter().map(|listener| {
        let since: Moment = habit.moment(listener.since_at);
        Door { words: say.is_on(&listener.address, since.full), certified: listener.certified }
    });
    let led = tokio::time::timeout(PATIENCE, state.room.world.resolver().mx(&own.domain)).await;
    let (led, publish) = match led {
        Ok(Ok(found)) => {
            let hosts: Vec<String> = found.into_iter().map(|mx| mx.exchange).collect();
            ((say.mx_leads(hosts.join(", ")), true), None)
        }
        Ok(Err(DnsError::NotFound)) => ((say.mx_none().to_owned(), false), Some(say.mx_publish(&own.domain))),
        Ok(Err(DnsError::Failed(_))) | Err(_) => ((say.mx_unknown().to_owned(), false), None),
    };
    shown(&Page {
        frame: Frame::new(&visitor, Place::Settings),
        say,
        tabs: bar(&visitor, &person, "/settings/addresses"),
        doors: doors.collect(),
        mailboxes: mailboxes.collect(),
        led,
        publish: publish.filter(|_| own.is_public),
        is_public: own.is_public,
        domain: own.domain,
    })
}
