//! Drafts: their author's alone, and never overwritten unseen.

use crate::house::{ACCOUNT, NOW};
use mail::{Address, DraftKey, OutboxKey};
use store::{
    StoreError,
    draft::{self, Letter, NewFile},
};

const DRAFT: DraftKey = DraftKey(7);

fn letter(subject: &str) -> Letter {
    let to = vec![Address::bare("half ge")];
    Letter {
        account: Some(ACCOUNT),
        to,
        subject: subject.to_owned(),
        text: Some("Dag".to_owned()),
        ..Letter::default()
    }
}

fn file(name: &str) -> NewFile {
    let content_type = "text/plain".to_owned();
    NewFile { name: name.to_owned(), content_type, content_id: None, digest: [7; 32], size: 3 }
}

fn code(error: &StoreError) -> &'static str {
    match error {
        StoreError::Conflict { code, .. } => code,
        _ => "",
    }
}

on_both! {
    a_draft_is_saved_only_over_the_version_it_was_made_from(house) {
        let owner = house.owner;
        let begun = unit!(house, tx => draft::create(tx, &owner, DRAFT, &letter("een"), &[], NOW).await).unwrap();
        let twice = unit!(house, tx => draft::create(tx, &owner, DRAFT, &letter("een"), &[], NOW).await).unwrap();
        assert_eq!((begun.version, &begun), (1, &twice));
        let saved = unit!(house, tx => draft::save(tx, &owner, DRAFT, 1, &letter("twee"), NOW + 1).await).unwrap();
        assert_eq!((saved.version, saved.letter.clone()), (2, letter("twee")));
        let refused = unit!(house, tx => draft::save(tx, &owner, DRAFT, 1, &letter("drie"), NOW + 2).await).unwrap_err();
        assert_eq!(code(&refused), "draft_changed");
        let same = unit!(house, tx => draft::save(tx, &owner, DRAFT, 1, &letter("twee"), NOW + 2).await).unwrap();
        assert_eq!(same, saved);
    }

    nobody_else_finds_a_draft(house) {
        let (owner, stranger) = (house.owner, house.stranger);
        unit!(house, tx => draft::create(tx, &owner, DRAFT, &letter("een"), &[], NOW).await).unwrap();
        let found = unit!(house, tx => draft::get(tx, &stranger, DRAFT).await);
        assert!(matches!(found, Err(StoreError::NotFound)));
        let taken = unit!(house, tx => draft::create(tx, &stranger, DRAFT, &letter("een"), &[], NOW).await);
        assert!(matches!(taken, Err(StoreError::NotFound)));
        let gone = unit!(house, tx => draft::remove(tx, &stranger, DRAFT).await);
        assert!(matches!(gone, Err(StoreError::NotFound)));
        assert!(unit!(house, tx => draft::list(tx, &stranger, None, 9).await).unwrap().0.is_empty());
        assert_eq!(unit!(house, tx => draft::list(tx, &owner, None, 9).await).unwrap().0.len(), 1);
    }

    the_same_file_twice_is_there_once(house) {
        let owner = house.owner;
        unit!(house, tx => draft::create(tx, &owner, DRAFT, &letter("een"), &[file("a.txt")], NOW).await).unwrap();
        for (name, n) in [("b.txt", 1), ("b.txt", 1), ("c.txt", 2)] {
            let kept = unit!(house, tx => draft::attach(tx, &owner, DRAFT, &file(name)).await).unwrap();
            assert_eq!(kept, n, "{name}");
        }
        unit!(house, tx => draft::detach(tx, &owner, DRAFT, 1).await).unwrap();
        let files = unit!(house, tx => draft::get(tx, &owner, DRAFT).await).unwrap().files;
        assert_eq!(files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["a.txt", "c.txt"]);
    }

    what_was_handed_over_is_no_draft_until_it_is_taken_back(house) {
        let owner = house.owner;
        unit!(house, tx => draft::create(tx, &owner, DRAFT, &letter("een"), &[], NOW).await).unwrap();
        house.submit(1, ACCOUNT, &["a@x.nl"], NOW).await;
        unit!(house, tx => draft::hand_over(tx, &owner, DRAFT, 1, OutboxKey(1), NOW).await).unwrap();
        let again = unit!(house, tx => draft::hand_over(tx, &owner, DRAFT, 1, OutboxKey(2), NOW).await).unwrap_err();
        assert_eq!(code(&again), "draft_changed");
        let late = unit!(house, tx => draft::save(tx, &owner, DRAFT, 1, &letter("twee"), NOW).await).unwrap_err();
        assert_eq!(code(&late), "draft_sent");
        assert!(unit!(house, tx => draft::list(tx, &owner, None, 9).await).unwrap().0.is_empty());
        let back = unit!(house, tx => draft::take_back(tx, &owner, OutboxKey(1), NOW).await).unwrap();
        assert_eq!(back, Some(DRAFT));
        let there = unit!(house, tx => draft::get(tx, &owner, DRAFT).await).unwrap();
        assert_eq!((there.version, there.submission), (2, None));
    }

    a_draft_is_forgotten_a_day_after_it_was_sent(house) {
        let owner = house.owner;
        unit!(house, tx => draft::create(tx, &owner, DRAFT, &letter("een"), &[file("a")], NOW).await).unwrap();
        house.submit(1, ACCOUNT, &["a@x.nl"], NOW).await;
        unit!(house, tx => draft::hand_over(tx, &owner, DRAFT, 1, OutboxKey(1), NOW).await).unwrap();
        assert_eq!(unit!(house, tx => draft::sweep(tx, NOW + 90_000_000).await).unwrap(), 0, "it still waits");
        house.run("UPDATE outbox SET state = 'accepted'").await;
        assert_eq!(unit!(house, tx => draft::sweep(tx, NOW + 80_000_000).await).unwrap(), 0);
        assert_eq!(unit!(house, tx => draft::sweep(tx, NOW + 90_000_000).await).unwrap(), 1);
        assert_eq!(house.count("SELECT COUNT(*) FROM draft_files").await, 0);
    }
}
