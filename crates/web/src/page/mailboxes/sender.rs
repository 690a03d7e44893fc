//! The tab Sender, of a mailbox that Postkamer delivers itself: whose its address is, what signs its mail, and what its
//! domain publishes (features S8).

use super::{After, Head, Tab, fields::Fields, is_unfinished, managed, words::Say};
use crate::{
    AppState,
    given::Named,
    page::{
        frame::{Errors, Frame, Place, Shown, field_errors, shown, shown_as},
        route::{Pages, Who},
        visitor::{Person, Visitor},
        words::words,
    },
    problem::Problem,
};
use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
};
use mail::AccountKey;
use mailroom::{
    accounts::sender::{self, Age, By, KeyState, Purpose, Record, Rotation, Seen, Sender, Stand},
    words::Refusal,
};
use store::account::Account;

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get("/mailboxes/{id}/sender", Who::Everybody, show)
        .post("/mailboxes/{id}/sender/code", Who::Everybody, send_code)
        .post("/mailboxes/{id}/sender/confirm", Who::Everybody, confirm)
        .post("/mailboxes/{id}/sender/check", Who::Everybody, check)
        .post("/mailboxes/{id}/sender/keys", Who::Everybody, renew)
        .post("/mailboxes/{id}/sender/renewal", Who::Everybody, renew_after)
}

words! {
    SenderSay {
        title "Afzender" "Sender";
        proven_code "Het adres is bevestigd met een code. Deze mailbox mag verzenden." "The address was confirmed with a code. This mailbox may send.";
        proven_domain "Het domein is bevestigd in de DNS. Alle mailboxen van dit domein mogen verzenden." "The domain was confirmed in the DNS. Every mailbox of this domain may send.";
        unproven "Er gaat nog niets de deur uit" "Nothing leaves yet";
        unproven_why(address) "Postkamer verzendt pas als {address} wanneer vaststaat dat dit adres van uw organisatie is. Laat een code mailen, of bevestig het hele domein met het eerste record hieronder." "Postkamer sends as {address} only once it is certain that this address is your organisation's. Have a code mailed, or confirm the whole domain with the first record below.";
        send_code "Code mailen" "Mail a code";
        send_again "Nieuwe code mailen" "Mail a new code";
        code_sent(address) "De code is onderweg naar {address}. Hij werkt een half uur." "The code is on its way to {address}. It works for half an hour.";
        code "Code" "Code";
        confirm "Bevestigen" "Confirm";
        go_on "Verder: testen" "Go on: test";
        records "Records voor de DNS" "Records for the DNS";
        records_why "Zet deze records bij uw domein, zodat anderen zien dat de mail echt van u is. Het duurt meestal enkele minuten tot een uur voordat een nieuw record te zien is." "Put these records at your domain, so that others see that the mail really is yours. It mostly takes some minutes to an hour until a new record can be seen.";
        check "Nu controleren" "Check now";
        value "Inhoud" "Content";
        found "Wat er staat" "What is there";
        for_ownership "Het domein is van u" "The domain is yours";
        for_dkim "Handtekening (DKIM)" "Signature (DKIM)";
        for_spf "Wie mag verzenden (SPF)" "Who may send (SPF)";
        for_dmarc "Wat te doen met valse mail (DMARC)" "What to do with forged mail (DMARC)";
        for_bounces "Waar meldingen terugkomen" "Where reports come back";
        for_ptr "Naam van deze server (PTR)" "Name of this server (PTR)";
        is_right "In orde" "In order";
        is_missing "Niet gevonden" "Not found";
        is_optional "Niet nodig; hiermee mogen alle mailboxen van dit domein verzenden" "Not needed; with it every mailbox of this domain may send";
        is_other "Staat er anders" "Is there, but different";
        is_failed "De DNS antwoordt niet" "The DNS does not answer";
        is_unknown "Nog niet gekeken" "Not looked at yet";
        keys "Sleutels" "Keys";
        keys_why "Postkamer ondertekent met een RSA- en een Ed25519-sleutel, die hier zijn gemaakt. Nieuwe staan twee weken van tevoren klaar, en beheerders krijgen dan een brief met de records. De oude blijven ondertekenen tot de nieuwe in de DNS staan." "Postkamer signs with an RSA and an Ed25519 key that were made here. New ones are ready two weeks ahead, and administrators then get a letter with the records. The old ones sign until the new ones are in the DNS.";
        keys_unsigned "Er ondertekent nog geen sleutel: zet de DKIM-records hierboven in de DNS." "No key signs yet: put the DKIM records above into the DNS.";
        keys_fresh(date) "Goed tot {date}." "Good until {date}.";
        keys_fresh_by_hand "De sleutels ondertekenen. Nieuwe maakt u zelf." "The keys sign. New ones you make yourself.";
        keys_ready(date) "Er staan nieuwe sleutels klaar. Zet hun DKIM-records hierboven voor {date} in de DNS, naast de oude. Tot dan ondertekenen de oude." "New keys are ready. Put their DKIM records above into the DNS before {date}, beside the old ones. Until then the old ones sign.";
        keys_ready_by_hand "Er staan nieuwe sleutels klaar. Zet hun DKIM-records hierboven in de DNS, naast de oude. Tot dan ondertekenen de oude." "New keys are ready. Put their DKIM records above into the DNS, beside the old ones. Until then the old ones sign.";
        keys_overdue(date) "De nieuwe sleutels hadden op {date} in gebruik moeten zijn. Zet hun DKIM-records hierboven in de DNS; de oude sleutels ondertekenen nog." "The new keys were to be in use on {date}. Put their DKIM records above into the DNS; the old keys still sign.";
        keys_may_go "Er zijn oude records die u mag weghalen; dat staat erbij." "There are old records that you may take away; it is said at them.";
        renewal "Nieuwe sleutels" "New keys";
        every_quarter "Elke drie maanden" "Every three months";
        every_half_year "Elk halfjaar" "Every half year";
        every_year "Elk jaar" "Every year";
        every(days) "Elke {days} dagen" "Every {days} days";
        by_hand "Alleen als ik erom vraag" "Only when I ask for them";
        save "Opslaan" "Save";
        saved "Opgeslagen." "Saved.";
        is_waiting "Ondertekent nog niet" "Does not sign yet";
        may_go "Mag weg" "May go";
        is_retired "Vervangen; laat staan" "Replaced; leave it";
        renew "Nieuwe sleutels maken" "Make new keys";
        renewed "De nieuwe sleutels staan hieronder. Zet ze in de DNS; tot dan ondertekenen de oude." "The new keys stand below. Put them into the DNS; until then the old ones sign.";
        checked "Zojuist gekeken." "Looked just now.";
        port "Postkamer bezorgt rechtstreeks bij de mailserver van elke ontvanger, over poort 25. Die moet bij de provider van deze server open staan naar buiten." "Postkamer delivers straight to the mail server of each recipient, over port 25. At the provider of this server that port must be open outward.";
    }
}

#[derive(Template)]
#[template(path = "mailboxes/sender.html")]
struct Page {
    frame: Frame,
    say: Say,
    own: SenderSay,
    head: Head,
    errors: Errors,
    unfinished: bool,
    address: String,
    /// It may send, in words.
    proven: Option<&'static str>,
    code_sent: bool,
    told: Option<&'static str>,
    records: Vec<Row>,
    keys: Keys,
}

/// How the keys stand, and the choice of when there are new ones.
struct Keys {
    /// The class of its dot.
    colour: &'static str,
    stand: String,
    may_go: bool,
    /// Days (0 is by hand), what they are called, and whether they are chosen.
    choices: Vec<(i64, String, bool)>,
}

/// What can be chosen in the list; programs may choose other days, which are then shown as well.
const CHOICES: [i64; 4] = [90, 180, 365, 0];

fn keys(rotation: Rotation, records: &[Record], own: SenderSay, visitor: &Visitor) -> Keys {
    let date = rotation.due_at.map(|due| visitor.habit().date(due));
    let (colour, stand) = match (rotation.age, date) {
        (Age::Unsigned, _) => ("off", own.keys_unsigned().to_owned()),
        (Age::Fresh, Some(date)) => ("green", own.keys_fresh(date)),
        (Age::Fresh, None) => ("green", own.keys_fresh_by_hand().to_owned()),
        (Age::Ready, Some(date)) => ("amber", own.keys_ready(date)),
        (Age::Ready | Age::Overdue, None) => ("amber", own.keys_ready_by_hand().to_owned()),
        (Age::Overdue, Some(date)) => ("red", own.keys_overdue(date)),
    };
    let chosen = rotation.renew_after_days.unwrap_or(0);
    let other = Some(chosen).filter(|days| !CHOICES.contains(days));
    let choices = other.into_iter().chain(CHOICES).map(|days| {
        let called = match days {
            0 => own.by_hand().to_owned(),
            90 => own.every_quarter().to_owned(),
            180 => own.every_half_year().to_owned(),
            365 => own.every_year().to_owned(),
            days => own.every(days),
        };
        (days, called, days == chosen)
    });
    let may_go = records.iter().any(|record| record.key == Some(KeyState::MayGo));
    Keys { colour, stand, may_go, choices: choices.collect() }
}

/// A record as the page shows it.
struct Row {
    /// The name of its field.
    field: String,
    purpose: &'static str,
    kind: &'static str,
    name: String,
    value: String,
    /// The class of its dot.
    colour: &'static str,
    seen: &'static str,
    found: Vec<String>,
    remark: Option<String>,
}

fn page(visitor: &Visitor, account: &Account, after: &After, sender: Sender) -> Page {
    let own = SenderSay(visitor.language);
    let by_code = sender.stand == Stand::Proven(By::Code);
    let keys = keys(sender.rotation, &sender.records, own, visitor);
    let rows = sender.records.into_iter().enumerate();
    Page {
        frame: Frame::new(visitor, Place::Mailboxes),
        say: Say(visitor.language),
        own,
        head: Head::new(account, Tab::Sender, after, visitor),
        errors: Errors::default(),
        unfinished: is_unfinished(account),
        address: sender.address,
        proven: match sender.stand {
            Stand::Proven(By::Code) => Some(own.proven_code()),
            Stand::Proven(By::Domain) => Some(own.proven_domain()),
            Stand::Unproven | Stand::CodeSent(_) => None,
        },
        code_sent: matches!(sender.stand, Stand::CodeSent(_)),
        told: None,
        records: rows.map(|(n, record)| row(n, record, by_code, own, visitor)).collect(),
        keys,
    }
}

fn row(n: usize, record: Record, by_code: bool, own: SenderSay, visitor: &Visitor) -> Row {
    // Whoever showed the address need not show the domain.
    let optional = by_code && record.purpose == Purpose::Ownership;
    let (colour, seen, found) = match record.seen {
        // A key of another time: that its record is there is no merit, and it may be gone before we say so.
        Seen::Right | Seen::Unknown if record.key == Some(KeyState::MayGo) => ("off", own.may_go(), Vec::new()),
        Seen::Right if matches!(record.key, Some(KeyState::Retired(_))) => ("off", own.is_retired(), Vec::new()),
        Seen::Unknown if record.key == Some(KeyState::Waits) => ("off", own.is_waiting(), Vec::new()),
        Seen::Unknown => ("off", own.is_unknown(), Vec::new()),
        Seen::Right => ("green", own.is_right(), Vec::new()),
        Seen::Missing if optional => ("off", own.is_optional(), Vec::new()),
        Seen::Missing => ("red", own.is_missing(), Vec::new()),
        Seen::Other(found) => ("red", own.is_other(), found),
        Seen::Failed(why) => ("amber", own.is_failed(), vec![why]),
    };
    Row {
        field: format!("record_{n}"),
        purpose: match record.purpose {
            Purpose::Ownership => own.for_ownership(),
            Purpose::Dkim => own.for_dkim(),
            Purpose::Spf => own.for_spf(),
            Purpose::Dmarc => own.for_dmarc(),
            Purpose::Bounces => own.for_bounces(),
            Purpose::Ptr => own.for_ptr(),
        },
        kind: record.kind,
        name: record.name,
        value: record.value,
        colour,
        seen,
        found,
        remark: record.remark.map(|remark| remark.say(visitor.language).to_owned()),
    }
}

async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<AccountKey>,
    Query(after): Query<After>,
) -> Shown {
    let account = managed(&state, &person, key).await?;
    let sender = sender::get(&state.room, &person.viewer, key).await?;
    shown(&page(&visitor, &account, &after, sender))
}

/// What was asked came to this; what is wrong stands at its field.
async fn told(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    key: AccountKey,
    came_to: Result<Sender, Refusal>,
    words: Option<&'static str>,
) -> Shown {
    let (sender, errors) = match came_to {
        Ok(sender) => (sender, None),
        Err(refusal) => {
            let errors = field_errors(refusal)?;
            (kept(state, person, key).await?, Some(Errors::new(&errors, visitor.language)))
        }
    };
    let account = managed(state, person, key).await?;
    let mut page = page(visitor, &account, &After::default(), sender);
    match errors {
        None => {
            page.told = words;
            shown(&page)
        }
        Some(errors) => {
            page.errors = errors;
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

async fn kept(state: &AppState, person: &Person, key: AccountKey) -> Result<Sender, Problem> {
    Ok(sender::get(&state.room, &person.viewer, key).await?)
}

async fn send_code(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<AccountKey>,
) -> Shown {
    let sent = sender::send_code(&state.room, &person.viewer, key).await;
    told(&state, &visitor, &person, key, sent, None).await
}

async fn confirm(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<AccountKey>,
    fields: Fields,
) -> Shown {
    let confirmed = sender::confirm(&state.room, &person.viewer, key, fields.of("code")).await;
    told(&state, &visitor, &person, key, confirmed, None).await
}

async fn check(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<AccountKey>,
) -> Shown {
    let checked = sender::check(&state.room, &person.viewer, key).await;
    told(&state, &visitor, &person, key, checked, Some(SenderSay(visitor.language).checked())).await
}

async fn renew(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<AccountKey>,
) -> Shown {
    let renewed = sender::renew(&state.room, &person.viewer, key).await;
    told(&state, &visitor, &person, key, renewed, Some(SenderSay(visitor.language).renewed())).await
}

async fn renew_after(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<AccountKey>,
    fields: Fields,
) -> Shown {
    // What is no number is refused as an age, and must not pass for "never".
    let days = fields.of("renew_after_days").parse().unwrap_or(-1);
    let kept = sender::renew_after(&state.room, &person.viewer, key, Some(days).filter(|days| *days != 0)).await;
    told(&state, &visitor, &person, key, kept, Some(SenderSay(visitor.language).saved())).await
}
