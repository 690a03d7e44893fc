//! One suite for every way in and every way out: the same mail in gives the same messages, places, flags, roles and ledger,
//! and the same letter out ends the same way, whoever the provider is. A new connector joins by saying how another program
//! puts mail into its mailbox, what lies there, and what arrived from it.

mod exchange;
mod faults;
mod granted;
mod incoming;
mod killed;
mod mixed;
mod outgoing;
mod own_hand;
mod posted;
mod pushed;
mod servers;

use crate::program::Program;
use serde_json::Value;
use testkit::{Append, digest};

/// A letter as it lies in a folder: the digest of its bytes, whether it was read, whether it is flagged.
type Lying = (String, bool, bool);

/// A mailbox at a provider, as another program at that provider has it.
trait Mailbox {
    /// The program that is to be tried with it.
    fn program(&self) -> Program;

    /// Connects it and answers the account's id.
    fn connect(&self, program: &Program) -> String;

    /// The roles of its folders that mail can be put into.
    fn roles(&self) -> &'static [&'static str] {
        &["inbox", "sent", "archive", "trash"]
    }

    /// What is done on one side shows on the other: flags, moves, removals. Else there is only an inbox that mail is
    /// collected from.
    fn is_followed(&self) -> bool {
        true
    }

    /// The provider says how much lies there.
    fn is_counted(&self) -> bool {
        true
    }

    /// The bytes as they were at the provider, of a letter as it is kept here.
    fn as_pushed(&self, raw: &[u8]) -> Vec<u8> {
        raw.to_vec()
    }

    /// Puts letters into the folder of that role.
    fn put(&self, role: &str, letters: &[Append]);

    /// What lies in the folder of that role.
    fn lying(&self, role: &str) -> Vec<Lying>;

    /// Another program marks the letter as read and flagged.
    fn mark(&self, role: &str, digest: &str);

    /// Another program removes the letter.
    fn remove(&self, role: &str, digest: &str);
}

/// A way out, with people at the other end.
trait Way {
    /// The program that is to be tried with it.
    fn program(&self) -> Program;

    /// Connects it and answers the account's id.
    fn connect(&self, program: &Program) -> String;

    /// Three people that mail can be sent to.
    fn people(&self) -> [String; 3];

    /// The letters that came for one of them so far.
    fn arrived(&self, address: &str) -> Vec<Vec<u8>>;

    /// What lies among the sent mail at the provider; `None` when it keeps no copies and we put none there.
    fn copies(&self) -> Option<Vec<Vec<u8>>>;

    /// Where a letter that was taken ends by itself.
    fn ends(&self) -> &'static str {
        "accepted"
    }

    /// The next letter is taken and the answer to it is lost, where the other end does that when it is asked.
    fn lose_the_next_answer(&self) {
        panic!("nothing goes wrong here when it is asked for");
    }

    /// What can be seen at the provider says whether a letter was taken, so that no person has to decide.
    fn can_settle(&self) -> bool {
        true
    }

    /// The next letter is put off until later, once, where the other end does that when it is asked.
    fn put_off_the_next(&self) {
        panic!("nothing goes wrong here when it is asked for");
    }
}

/// The words of the story are on both sides of the line: what lies there and what is held here.
fn held(program: &Program, account: &str, role: &str, mailbox: &dyn Mailbox) -> Vec<Lying> {
    let lines = program.api.list(&format!("/messages?account={account}&role={role}"));
    let mut all: Vec<Lying> = lines.iter().map(|line| lying(program, line, mailbox)).collect();
    all.sort();
    all
}

fn lying(program: &Program, line: &Value, mailbox: &dyn Mailbox) -> Lying {
    let raw = program.api.bytes(&format!("/messages/{}/raw", line["id"].as_str().unwrap_or_default()));
    (digest(&mailbox.as_pushed(&raw)), line["seen"] == true, line["flagged"] == true)
}

/// Tells a story with each of the mailboxes, or each of the ways: `story::imap_on_dovecot`, and so on.
macro_rules! with_each {
    ($story:ident: $($with:ident = $made:expr),+ $(,)?) => {
        mod $story {
            $(#[test]
            fn $with() {
                super::stories::$story(&$made);
            })+
        }
    };
}
use with_each;
