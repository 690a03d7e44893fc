//! `postkamer demo`: a sample organisation, so that a newcomer sees a working mail room within a minute.

mod cast;
mod letters;

use crate::{
    installation,
    options::Settled,
    outcome::{self, Failed, Outcome},
    progress, serve, setup, token,
    trouble::of_pass,
    words,
};
use cast::{ANNA, BRAM, FILES, INFO, ORGANISATION, PEOPLE, Person};
use clap::Args;
use mail::{AccountKey, ContactKey, DossierKey, OrganisationKey, UserKey};
use mailroom::{MailRoom, incoming};
use std::{collections::HashMap, net::SocketAddr, path::PathBuf, sync::Arc};
use store::{
    UserRole,
    account::{Account, AccountSettings, Incoming, Limits, NewAccount, Outgoing},
    contact::NewContact,
    dossier::NewDossier,
    owner::{Owner, Party, Rights},
    secret::hash_password,
    token::Scope,
    user::{NewUser, UserPatch},
};
use tokio::sync::{mpsc, watch};

/// The sample's password, which is no secret: the demo listens on this machine only.
const PASSWORD: &str = "een-zonnig-dorp-aan-zee";

/// Serve a sample organisation to look around in.
#[derive(Debug, Args)]
pub struct Demo {
    /// Where to listen
    #[arg(long, env = "POSTKAMER_HTTP", value_name = "ADDR:PORT", default_value = "127.0.0.1:8025")]
    http: SocketAddr,
}

impl Demo {
    /// Makes the sample when it is not there yet, and serves it.
    pub async fn run(self, options: &Settled) -> Outcome {
        serve::start_log();
        let mut options = options.clone();
        if !options.data_was_named {
            options.data = PathBuf::from("postkamer-demo");
        }
        if !self.http.ip().is_loopback() {
            return Err(Failed::usage(words::DEMO_LOCAL));
        }
        let room = installation::open(&options).await?;
        let email = ANNA.address.to_owned();
        let read = room.store.db.read(move |tx| Box::pin(async move { store::user::by_email(tx, &email).await }));
        if read.await?.is_none() {
            let folder = options.data.display().to_string();
            eprintln!("{}", words::DEMO_MAKING.with(&[("path", &folder)]).say(options.language));
            fill(&room, &options).await?;
        }
        let token = token::make(&room, ANNA.address, "demo", Scope::Admin).await?;
        serve::serve_all(installation::shared(room), self.http, |address| {
            let url = format!("http://{address}");
            _ = outcome::print(format_args!("Postkamer: {url}"));
            let lines = words::lines(&[
                words::DEMO_API.with(&[("url", &url)]),
                words::DEMO_CURL.with(&[("name", ANNA.name), ("token", &token), ("url", &url)]),
                words::DEMO_PEOPLE.with(&[("anna", ANNA.address), ("bram", BRAM.address), ("password", PASSWORD)]),
            ]);
            _ = outcome::print(lines.say(options.language));
        })
        .await
    }
}

async fn fill(room: &MailRoom, options: &Settled) -> Result<(), Failed> {
    let (organisation, anna) = setup::found(room, ORGANISATION, ANNA.address, ANNA.name, PASSWORD).await?;
    let bram = colleague(room, organisation).await?;
    let all = Rights { read: true, send: true, manage: true };
    let work = Rights { read: true, send: true, manage: false };
    let mut accounts = HashMap::new();
    for (person, owners) in
        [(&INFO, vec![(anna, all), (bram, work)]), (&ANNA, vec![(anna, all)]), (&BRAM, vec![(bram, all)])]
    {
        accounts.insert(person.address, account(room, organisation, person, owners).await?);
    }
    people(room, organisation).await?;
    mail(room, &accounts, options).await
}

async fn colleague(room: &MailRoom, organisation: OrganisationKey) -> Result<UserKey, Failed> {
    let now = room.clock.now();
    let user = NewUser {
        id: UserKey(room.store.make.key(now)),
        email: BRAM.address.into(),
        name: BRAM.name.into(),
        role: UserRole::Member,
        language: "nl".into(),
        password: Some(hash_password(&room.store.keys.pepper(), PASSWORD).await?),
    };
    let id = user.id;
    let work = store::unit(move |tx| Box::pin(async move { store::user::create(tx, organisation, &user, now).await }));
    room.store.db.write(work).await?;
    Ok(id)
}

async fn account(
    room: &MailRoom,
    organisation: OrganisationKey,
    person: &Person,
    owners: Vec<(UserKey, Rights)>,
) -> Result<Account, Failed> {
    let now = room.clock.now();
    let settings = AccountSettings {
        display_name: person.name.into(),
        address: person.address.into(),
        active: true,
        // Each reaches the others, so that a newcomer can write and see it arrive.
        incoming: Incoming::Relay { relay_address: Some(person.address.into()) },
        outgoing: Outgoing::Builtin,
        push: true,
        interval_seconds: None,
        disable_after_errors: 10,
        sync_since: None,
        bcc: None,
        never_link: vec!["zonnedorp.example".into()],
        allow_plaintext: false,
        pinned_certificate: None,
        access: Default::default(),
        limits: Limits::default(),
        style: Default::default(),
    };
    let new =
        NewAccount { id: AccountKey(room.store.make.key(now)), settings, primary: person.address == INFO.address };
    let work = store::unit(move |tx| {
        Box::pin(async move {
            let account = store::account::create(tx, organisation, &new, now).await?;
            let owners: Vec<Owner> =
                owners.into_iter().map(|(user, rights)| Owner { party: Party::User(user), rights }).collect();
            store::owner::set(tx, organisation, account.id, &owners).await?;
            if let [Owner { party: Party::User(only), .. }] = owners[..] {
                let default = UserPatch { default_account: Some(Some(account.id)), ..UserPatch::default() };
                store::user::update(tx, organisation, only, &default).await?;
            }
            Ok(account)
        })
    });
    Ok(room.store.db.write(work).await?)
}

async fn people(room: &MailRoom, organisation: OrganisationKey) -> Result<(), Failed> {
    let now = room.clock.now();
    let contacts: Vec<_> = PEOPLE
        .iter()
        .map(|person| {
            let contact = NewContact {
                name: person.name.into(),
                addresses: vec![person.address.into()],
                ..NewContact::default()
            };
            (ContactKey(room.store.make.key(now)), contact)
        })
        .collect();
    let dossiers: Vec<_> = FILES
        .iter()
        .map(|file| {
            let dossier = NewDossier {
                name: file.name.into(),
                kind: file.kind.into(),
                contacts: file.people.iter().map(|at| contacts[*at].0).collect(),
                external: None,
            };
            (DossierKey(room.store.make.key(now)), dossier)
        })
        .collect();
    let work = store::unit(move |tx| {
        Box::pin(async move {
            for (key, contact) in &contacts {
                store::contact::create(tx, organisation, *key, contact, now).await?;
            }
            for (key, dossier) in &dossiers {
                store::dossier::create(tx, organisation, *key, dossier, now).await?;
            }
            Ok(())
        })
    });
    Ok(room.store.db.write(work).await?)
}

async fn mail(room: &MailRoom, accounts: &HashMap<&str, Account>, options: &Settled) -> Result<(), Failed> {
    let letters = letters::all(room.clock.now());
    let bar = progress::bar(options, letters.len() as u64, words::DEMO_MAIL.say(options.language));
    for (address, account) in accounts {
        let own: Vec<_> = letters.iter().filter(|letter| letter.0 == *address).map(|letter| letter.1.clone()).collect();
        let (send, receive) = mpsc::channel(64);
        let feeding = async {
            for letter in own {
                bar.inc(1);
                if send.send(letter).await.is_err() {
                    break;
                }
            }
            drop(send);
        };
        let (seen, _) = watch::channel(incoming::Progress::default());
        let (_, taken) = tokio::join!(feeding, incoming::import(room, account, receive, Arc::new(seen)));
        taken.map_err(|error| Failed::new("demo", of_pass(&error)))?;
    }
    bar.finish_and_clear();
    Ok(())
}
