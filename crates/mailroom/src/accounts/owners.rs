//! Who may do what with an account (features M16).

use super::{OwnerInput, managed};
use crate::{
    MailRoom,
    doer::Doer,
    words::{FieldError, Refusal, all_well, field},
};
use mail::AccountKey;
use store::{
    StoreError, Tx, UserRole, Viewer, conversation,
    owner::{self, Owner, Party, Rights},
};

/// Sets the owners of an account: who is not on the list owns it no longer. Somebody must be able to manage it.
pub async fn set_owners(
    room: &MailRoom,
    viewer: &Viewer,
    account: AccountKey,
    owners: &[OwnerInput],
) -> Result<Vec<Owner>, Refusal> {
    managed(room, viewer, account).await?;
    let mut errors = Vec::new();
    let owners = read(owners, viewer, &of(room, viewer, account).await?, &mut errors);
    all_well(errors)?;
    let (organisation, doer) = (viewer.organisation, Doer::new(room, viewer));
    let set = room.store.db.write(move |tx| {
        Box::pin(async move {
            replace(tx, &doer.viewer, account, &owners, doer.now).await?;
            doer.did(tx, "account.owners", account, "").await?;
            owner::list(tx, organisation, account).await
        })
    });
    Ok(set.await?)
}

/// Puts these owners in the place of those there are; what is assigned to somebody who sees it no longer is nobody's again.
pub(super) async fn replace(
    tx: &mut Tx,
    viewer: &Viewer,
    account: AccountKey,
    owners: &[Owner],
    now: i64,
) -> Result<(), StoreError> {
    let before = owner::people(tx, viewer.organisation, account).await?;
    owner::set(tx, viewer.organisation, account, owners).await?;
    conversation::release(tx, viewer, &before, now).await.map(|_| ())
}

/// The owners as they are now.
pub(super) async fn of(room: &MailRoom, viewer: &Viewer, account: AccountKey) -> Result<Vec<Owner>, StoreError> {
    let organisation = viewer.organisation;
    room.store.db.read(move |tx| Box::pin(async move { owner::list(tx, organisation, account).await })).await
}

/// The owners that were typed; what is wrong with them is added to `errors`. A whole group is named by those who keep
/// mailboxes for all, not by one owner for colleagues who never asked; one that owned it `before` may stay.
pub(super) fn read(
    typed: &[OwnerInput],
    viewer: &Viewer,
    before: &[Owner],
    errors: &mut Vec<FieldError>,
) -> Vec<Owner> {
    let mut owners = Vec::new();
    for (n, owner) in typed.iter().enumerate() {
        let mut wrong = |name: &str, why| errors.push(FieldError::new(format!("owners.{n}.{name}"), why));
        let party = match (&owner.user, &owner.group) {
            (Some(user), None) => user.parse().ok().map(Party::User),
            (None, Some(group)) if viewer.role == UserRole::Member && !owns(before, group) => {
                wrong("group", field::ADMINISTRATOR_ONLY);
                continue;
            }
            (None, Some(group)) => group.parse().ok().map(Party::Group),
            _ => {
                wrong("user", field::OWNER_UNCLEAR);
                continue;
            }
        };
        let Some(party) = party else {
            wrong(if owner.user.is_some() { "user" } else { "group" }, field::UNKNOWN);
            continue;
        };
        match Rights::from_names(owner.rights.iter().map(String::as_str)) {
            Some(rights) => owners.push(Owner { party, rights }),
            None => wrong("rights", field::UNKNOWN_RIGHT),
        }
    }
    if errors.is_empty() && !owners.iter().any(|owner| owner.rights.manage) {
        errors.push(FieldError::new("owners", field::MANAGER_NEEDED));
    }
    owners
}

fn owns(owners: &[Owner], group: &str) -> bool {
    owners.iter().any(|owner| matches!(owner.party, Party::Group(key) if key.to_string() == group))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mail::{GroupKey, OrganisationKey, UserKey};

    fn codes(typed: &[OwnerInput], role: UserRole) -> Vec<&'static str> {
        let viewer = Viewer { organisation: OrganisationKey(1), user: UserKey(2), role };
        let mut errors = Vec::new();
        read(typed, &viewer, &[], &mut errors);
        errors.into_iter().map(|error| error.code).collect()
    }

    fn owner(user: Option<&str>, group: Option<&str>, rights: &[&str]) -> OwnerInput {
        let rights = rights.iter().map(|right| (*right).to_owned()).collect();
        OwnerInput { user: user.map(str::to_owned), group: group.map(str::to_owned), rights }
    }

    #[test]
    fn somebody_can_always_manage_an_account() {
        let user = UserKey(7).to_string();
        assert_eq!(codes(&[owner(Some(&user), None, &["read"])], UserRole::Administrator), ["manager_needed"]);
        assert!(codes(&[owner(Some(&user), None, &["manage"])], UserRole::Administrator).is_empty());
    }

    #[test]
    fn a_member_can_not_hand_an_account_to_a_whole_group() {
        let group = GroupKey(7).to_string();
        let typed = [owner(None, Some(&group), &["manage"])];
        assert_eq!(codes(&typed, UserRole::Member), ["administrator_only"]);
        assert!(codes(&typed, UserRole::MailboxManager).is_empty());
        let viewer = Viewer { organisation: OrganisationKey(1), user: UserKey(2), role: UserRole::Member };
        let before = [Owner { party: Party::Group(GroupKey(7)), rights: Rights::ALL }];
        let mut errors = Vec::new();
        assert_eq!(read(&typed, &viewer, &before, &mut errors).len(), 1, "it owned the account already: {errors:?}");
        assert_eq!(codes(&[owner(Some("usr_x"), Some(&group), &[])], UserRole::Administrator), ["owner_unclear"]);
        assert_eq!(codes(&[owner(Some("usr_x"), None, &["fly"])], UserRole::Administrator), ["unknown"]);
    }
}
