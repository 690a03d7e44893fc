//! People, groups, owners, and what programs sign in with.

use crate::house::{ACCOUNT, ADMINISTRATOR, NOW, ORGANISATION, OWNER, STRANGER, conversation as key, new_user};
use mail::{GroupKey, TokenKey, UserKey};
use store::{
    StoreError, UserRole,
    conversation::{self, Patch, State},
    group, one_time_link,
    owner::{self, Owner, Party, Rights},
    token::{self, NewToken, Scope},
    user::{self, UserPatch},
};

on_both! {
    a_group_gives_its_members_what_it_owns(house) {
        let (stranger, administrator) = (house.stranger, house.administrator);
        assert!(matches!(unit!(house, tx => owner::rights(tx, &stranger, ACCOUNT).await), Err(StoreError::NotFound)));
        let reads = Rights { read: true, ..Rights::default() };
        unit!(house, tx => {
            group::create(tx, ORGANISATION, GroupKey(51), "Planning", &[STRANGER], NOW).await?;
            let owners = [
                Owner { party: Party::Group(GroupKey(51)), rights: reads },
                Owner { party: Party::User(OWNER), rights: Rights::ALL },
            ];
            owner::set(tx, ORGANISATION, ACCOUNT, &owners).await
        })
        .unwrap();
        assert_eq!(unit!(house, tx => owner::rights(tx, &stranger, ACCOUNT).await).unwrap(), reads);
        let manages = Rights { manage: true, ..Rights::default() };
        assert_eq!(unit!(house, tx => owner::rights(tx, &administrator, ACCOUNT).await).unwrap(), manages, "but does not read");
        assert_eq!(unit!(house, tx => owner::list(tx, ORGANISATION, ACCOUNT).await).unwrap().len(), 2);
        let told = unit!(house, tx => owner::managers(tx, ORGANISATION, ACCOUNT).await).unwrap();
        assert_eq!(told.iter().map(|user| user.id).collect::<Vec<_>>(), [OWNER]);
        unit!(house, tx => group::set_members(tx, ORGANISATION, GroupKey(51), &[]).await).unwrap();
        assert!(matches!(unit!(house, tx => owner::rights(tx, &stranger, ACCOUNT).await), Err(StoreError::NotFound)));
    }

    a_group_that_goes_leaves_every_mailbox_its_manager_and_no_work_behind(house) {
        let (owner, administrator, id) = (house.owner, house.administrator, GroupKey(51));
        let owners = |of_group, others: &[Owner]| [&[Owner { party: Party::Group(id), rights: of_group }], others].concat();
        let of_owner = Owner { party: Party::User(OWNER), rights: Rights::ALL };
        let (alone, shared) = (owners(Rights::ALL, &[]), owners(Rights::ALL, &[of_owner]));
        house.message(5, ACCOUNT, 5, &[]).await;
        house.message(6, ACCOUNT, 6, &[]).await;
        unit!(house, tx => {
            group::create(tx, ORGANISATION, id, "Planning", &[STRANGER, OWNER], NOW).await?;
            owner::set(tx, ORGANISATION, ACCOUNT, &alone).await?;
            for (conversation, person) in [(5, STRANGER), (6, OWNER)] {
                let patch = Patch { assignee: Some(Some(person)), ..Patch::default() };
                conversation::patch(tx, &owner, key(conversation), &patch, NOW).await?;
            }
            Ok(())
        })
        .unwrap();
        let hung = unit!(house, tx => group::hanging(tx, ORGANISATION, id).await).unwrap();
        assert_eq!((hung.accounts.len(), hung.accounts[0].managed_by_others), (1, false));
        assert_eq!(hung.assigned, [key(5), key(6)], "neither sees them without the group");
        let refused = unit!(house, tx => group::remove(tx, &administrator, id, NOW).await);
        assert!(matches!(refused, Err(StoreError::Conflict { code: "group_manages_alone", .. })), "{refused:?}");
        unit!(house, tx => owner::set(tx, ORGANISATION, ACCOUNT, &shared).await).unwrap();
        house.run("UPDATE users SET active = FALSE WHERE id = 31").await;
        let refused = unit!(house, tx => group::remove(tx, &administrator, id, NOW).await);
        assert!(refused.is_err(), "who does not work here any more manages nothing: {refused:?}");
        house.run("UPDATE users SET active = TRUE WHERE id = 31").await;
        let before = house.count("SELECT change_seq FROM organisations").await;
        let hung = unit!(house, tx => group::remove(tx, &administrator, id, NOW).await).unwrap();
        assert_eq!((hung.assigned, hung.accounts[0].managed_by_others), (vec![key(5)], true));
        assert_eq!(house.count("SELECT change_seq FROM organisations").await, before + 1, "the feed tells what became free");
        assert_eq!(house.count("SELECT COUNT(*) FROM conversations WHERE id = 5 AND assignee IS NULL").await, 1);
        assert_eq!(house.count("SELECT assignee FROM conversations WHERE id = 6").await, OWNER.0, "who sees it still does it");
        assert_eq!(house.count("SELECT (SELECT COUNT(*) FROM workgroups) + (SELECT COUNT(*) FROM members)").await, 0);
        let left = unit!(house, tx => owner::list(tx, ORGANISATION, ACCOUNT).await).unwrap();
        assert_eq!(left, [of_owner], "its mail is where it was");
        let gone = unit!(house, tx => group::remove(tx, &administrator, id, NOW).await);
        assert!(matches!(gone, Err(StoreError::NotFound)));
    }

    who_sees_a_conversation_no_longer_does_not_do_it_any_more(house) {
        let (owner, administrator, id) = (house.owner, house.administrator, GroupKey(51));
        let reads = Rights { read: true, ..Rights::default() };
        let of_owner = Owner { party: Party::User(OWNER), rights: Rights::ALL };
        let of_group = Owner { party: Party::Group(id), rights: reads };
        house.message(5, ACCOUNT, 5, &[]).await;
        house.message(6, ACCOUNT, 6, &[]).await;
        house.message(7, ACCOUNT, 7, &[]).await;
        unit!(house, tx => {
            group::create(tx, ORGANISATION, id, "Planning", &[STRANGER], NOW).await?;
            owner::set(tx, ORGANISATION, ACCOUNT, &[of_owner, of_group]).await?;
            for (conversation, person, state) in
                [(5, STRANGER, State::Open), (6, OWNER, State::Open), (7, STRANGER, State::Closed)]
            {
                let patch = Patch { assignee: Some(Some(person)), state: Some(state), ..Patch::default() };
                conversation::patch(tx, &owner, key(conversation), &patch, NOW).await?;
            }
            Ok(())
        })
        .unwrap();
        let mut people = unit!(house, tx => owner::people(tx, ORGANISATION, ACCOUNT).await).unwrap();
        people.sort();
        assert_eq!(people, [OWNER, STRANGER]);
        let still = people.clone();
        let none = unit!(house, tx => conversation::release(tx, &administrator, &still, NOW).await).unwrap();
        assert_eq!(none, [], "everybody sees what is theirs");
        unit!(house, tx => group::set_members(tx, ORGANISATION, id, &[]).await).unwrap();
        let before = house.count("SELECT change_seq FROM organisations").await;
        let released = unit!(house, tx => conversation::release(tx, &administrator, &people, NOW).await).unwrap();
        assert_eq!(released, [key(5)], "who sees it still does it, and what is done is done");
        assert_eq!(house.count("SELECT change_seq FROM organisations").await, before + 1, "the feed tells what became free");
        assert_eq!(house.count("SELECT COUNT(*) FROM conversations WHERE id = 5 AND assignee IS NULL").await, 1);
        assert_eq!(house.count("SELECT assignee FROM conversations WHERE id = 6").await, OWNER.0);
    }

    an_owner_who_does_not_exist_is_refused(house) {
        let nobody = [Owner { party: Party::User(UserKey(999)), rights: Rights::ALL }];
        let refused = unit!(house, tx => owner::set(tx, ORGANISATION, ACCOUNT, &nobody).await);
        assert!(matches!(refused, Err(StoreError::Conflict { code: "unknown_owner", .. })));
        assert_eq!(unit!(house, tx => owner::list(tx, ORGANISATION, ACCOUNT).await).unwrap().len(), 1);
    }

    a_user_is_found_by_address_in_any_case_and_once(house) {
        let (found, password) = unit!(house, tx => user::by_email(tx, "MEDEWERKER31@voorbeeld.NL").await).unwrap().unwrap();
        assert_eq!((found.id, password), (OWNER, None));
        let twin = user::NewUser { id: UserKey(77), ..new_user(OWNER, UserRole::Member) };
        let refused = unit!(house, tx => user::create(tx, ORGANISATION, &twin, NOW).await);
        assert!(matches!(refused, Err(StoreError::Conflict { code: "email_taken", .. })));
        let (page, next) = unit!(house, tx => user::list(tx, ORGANISATION, None, 2).await).unwrap();
        assert_eq!((page.len(), next), (2, Some(STRANGER)));
        assert_eq!(unit!(house, tx => user::list(tx, ORGANISATION, next, 2).await).unwrap().0[0].id, ADMINISTRATOR);
    }

    the_last_administrator_stays_one(house) {
        let patch = UserPatch { role: Some(UserRole::Member), ..UserPatch::default() };
        let again = patch.clone();
        let refused = unit!(house, tx => user::update(tx, ORGANISATION, ADMINISTRATOR, &patch).await);
        assert!(matches!(refused, Err(StoreError::Conflict { code: "last_administrator", .. })));
        let promoted = UserPatch { role: Some(UserRole::Administrator), ..UserPatch::default() };
        unit!(house, tx => user::update(tx, ORGANISATION, OWNER, &promoted).await).unwrap();
        let changed = unit!(house, tx => user::update(tx, ORGANISATION, ADMINISTRATOR, &again).await).unwrap();
        assert_eq!((changed.role, changed.name.as_str()), (UserRole::Member, "Medewerker 33"));
    }

    a_token_works_until_it_is_taken_back_or_its_user_is_switched_off(house) {
        let new = |id, digest: &[u8]| NewToken { id: TokenKey(id), user: OWNER, name: "crm".into(), scope: Scope::Write, digest: digest.to_vec() };
        let (one, two) = (new(61, b"one"), new(62, b"two"));
        unit!(house, tx => {
            token::create(tx, ORGANISATION, &one, NOW).await?;
            token::create(tx, ORGANISATION, &two, NOW).await
        })
        .unwrap();
        let came = unit!(house, tx => token::authenticate(tx, b"one", NOW).await).unwrap().unwrap();
        assert_eq!((came.viewer, came.scope, came.is_touch_due), (house.owner, Scope::Write, true));
        unit!(house, tx => token::touch(tx, ORGANISATION, TokenKey(61), NOW).await).unwrap();
        unit!(house, tx => token::touch(tx, ORGANISATION, TokenKey(61), NOW + 59_000).await).unwrap();
        assert_eq!(house.count("SELECT last_used_at FROM tokens WHERE id = 61").await, NOW);
        assert!(!unit!(house, tx => token::authenticate(tx, b"one", NOW + 59_000).await).unwrap().unwrap().is_touch_due);
        let refused = unit!(house, tx => token::revoke(tx, ORGANISATION, TokenKey(61), Some(STRANGER), NOW).await);
        assert!(matches!(refused, Err(StoreError::NotFound)));
        unit!(house, tx => token::revoke(tx, ORGANISATION, TokenKey(61), Some(OWNER), NOW).await).unwrap();
        assert!(unit!(house, tx => token::authenticate(tx, b"one", NOW).await).unwrap().is_none());
        assert_eq!(unit!(house, tx => token::list(tx, ORGANISATION, OWNER).await).unwrap().len(), 1);
        let off = UserPatch { active: Some(false), ..UserPatch::default() };
        unit!(house, tx => user::update(tx, ORGANISATION, OWNER, &off).await).unwrap();
        assert!(unit!(house, tx => token::authenticate(tx, b"two", NOW).await).unwrap().is_none());
    }

    a_one_time_link_works_once_for_half_an_hour_and_ends_with_a_new_password(house) {
        unit!(house, tx => one_time_link::create(tx, ORGANISATION, OWNER, b"a", one_time_link::LIFE, NOW).await).unwrap();
        assert_eq!(unit!(house, tx => one_time_link::redeem(tx, b"a", NOW + 1).await).unwrap(), (ORGANISATION, OWNER));
        assert!(matches!(unit!(house, tx => one_time_link::redeem(tx, b"a", NOW + 2).await), Err(StoreError::NotFound)));
        unit!(house, tx => one_time_link::create(tx, ORGANISATION, OWNER, b"b", one_time_link::LIFE, NOW).await).unwrap();
        let late = unit!(house, tx => one_time_link::redeem(tx, b"b", NOW + one_time_link::LIFE).await);
        assert!(matches!(late, Err(StoreError::NotFound)));
        assert_eq!(unit!(house, tx => one_time_link::whose(tx, b"b", NOW).await).unwrap(), Some((ORGANISATION, OWNER)));
        unit!(house, tx => user::set_password(tx, ORGANISATION, OWNER, "$argon2id$x", None).await).unwrap();
        assert_eq!(unit!(house, tx => one_time_link::whose(tx, b"b", NOW).await).unwrap(), None);
        assert_eq!(unit!(house, tx => user::password(tx, ORGANISATION, OWNER).await).unwrap().as_deref(), Some("$argon2id$x"));
    }
}
