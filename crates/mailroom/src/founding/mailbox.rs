//! The temporary mailbox with which an organisation begins (features M15): primary, its founder's default, and with a letter
//! in it that says what to do next. It gives way to the first mailbox of their own.

use crate::{
    MailRoom,
    accounts::relay,
    incoming::{self, PassError},
    outgoing::system,
    words::{self, Refusal},
};
use mail::{AccountKey, OrganisationKey, UserKey, address::fold_address, search};
use store::{
    StoreError, Tx,
    account::{self, AccountSettings, Incoming, Limits, NewAccount, Outgoing},
    owner::{Owner, Party, Rights},
    user,
};

/// Longest part before the `@`, for people who have to read it out.
const LOCAL_PART_MAX: usize = 40;

/// Makes it and puts the letter into it.
pub async fn open_mailbox(
    room: &MailRoom,
    organisation: OrganisationKey,
    founder: UserKey,
) -> Result<AccountKey, Refusal> {
    let (now, domain) = (room.clock.now(), room.config.base_domain.clone());
    let id = AccountKey(room.store.make.key(now));
    let work = store::unit(move |tx| {
        Box::pin(async move {
            let name = store::organisation::get(tx, organisation).await?.name;
            let address = free_address(tx, &slug(&name), &domain).await?;
            let new = NewAccount { id, settings: settings(&name, address), primary: true };
            account::create(tx, organisation, &new, now).await?;
            let owner = Owner { party: Party::User(founder), rights: Rights::ALL };
            store::owner::set(tx, organisation, id, &[owner]).await?;
            let default = user::UserPatch { default_account: Some(Some(id)), ..user::UserPatch::default() };
            let founder = user::update(tx, organisation, founder, &default).await?;
            Ok((account::load(tx, organisation, id).await?, founder))
        })
    });
    let (account, founder) = room.store.db.write(work).await?;
    let facts = [("mailbox", system::plain(&account.settings.address))];
    let letter = system::written(room, &account, &founder, &words::letter::WELCOME, &facts).await?;
    let delivered = incoming::deliver(room, &account, letter).await;
    delivered.map_err(|error| match error {
        PassError::Store(error) => error,
        PassError::Connect(error) => StoreError::Broken(error.to_string()),
    })?;
    Ok(id)
}

fn settings(name: &str, address: String) -> AccountSettings {
    AccountSettings {
        display_name: name.to_owned(),
        incoming: Incoming::Relay { relay_address: Some(address.clone()) },
        address,
        active: true,
        outgoing: Outgoing::Builtin,
        push: true,
        interval_seconds: None,
        disable_after_errors: 10,
        sync_since: None,
        bcc: None,
        never_link: Vec::new(),
        allow_plaintext: false,
        pinned_certificate: None,
        access: Default::default(),
        limits: Limits::default(),
        style: Default::default(),
    }
}

/// `name@domain`, or with a number when somebody here has that already.
async fn free_address(tx: &mut Tx, name: &str, domain: &str) -> Result<String, StoreError> {
    let mut number = 1;
    loop {
        let address = if number == 1 { format!("{name}@{domain}") } else { format!("{name}-{number}@{domain}") };
        let is_taken = number == 1 && relay::is_reserved(name);
        if !is_taken && account::by_own_address(tx, &fold_address(&address)).await?.is_none() {
            return Ok(address);
        }
        number += 1;
    }
}

/// The organisation's name as the part of an address that anybody can type.
fn slug(name: &str) -> String {
    let folded = search::fold(name);
    let mut slug = String::new();
    for letter in folded.chars() {
        match letter {
            'a'..='z' | '0'..='9' => slug.push(letter),
            '\'' | '’' => {}
            _ if slug.is_empty() || slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
    }
    slug.truncate(LOCAL_PART_MAX);
    let slug = slug.trim_matches('-');
    if slug.is_empty() { "post".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_makes_an_address_that_can_be_typed() {
        assert_eq!(slug("Dorpshuis De Linde"), "dorpshuis-de-linde");
        assert_eq!(slug("  Café 't Hééle Paard & Zn. "), "cafe-t-heele-paard-zn");
        assert_eq!(slug("北京"), "post");
        assert!(slug(&"Vereniging ".repeat(20)).len() <= LOCAL_PART_MAX);
    }
}
