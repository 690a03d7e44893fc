//! What may be wrong with who a message says it is from, by what is known around it.

use crate::words::doubt::{Warning, too_complex, warning};
use mail::{
    Defect, Message, MessageKey,
    search::fold,
    sender::{Claim, Known, domain_of, doubts},
};
use std::collections::{BTreeMap, BTreeSet};
use store::{
    StoreError, Tx, Viewer, account, contact, conversation,
    message::{self, Stored, Summary},
    user,
};

/// More colleagues are not compared with a sender's name.
const COLLEAGUES: usize = 1000;

/// What is known around a conversation.
#[derive(Debug, Clone, Default)]
pub struct Around {
    own: BTreeSet<String>,
    colleagues: BTreeSet<String>,
    /// Every domain in it, with the message that it came with. Keys rise with time.
    met: BTreeMap<String, MessageKey>,
}

impl Around {
    /// What is known around the conversation of these messages.
    pub async fn read(tx: &mut Tx, viewer: &Viewer, summaries: &[Summary]) -> Result<Around, StoreError> {
        let (users, _) = user::list(tx, viewer.organisation, None, COLLEAGUES).await?;
        let names = users.iter().filter(|user| user.active && user.name.contains(' ')).map(|user| fold(&user.name));
        let mut around = Around {
            own: account::domains(tx, viewer.organisation).await?,
            colleagues: names.collect(),
            met: BTreeMap::new(),
        };
        for summary in summaries {
            let people = &summary.people;
            for domain in people.from.iter().chain(&people.to).chain(&people.cc).filter_map(|it| domain_of(&it.address))
            {
                let first = around.met.entry(domain).or_insert(summary.id);
                *first = summary.id.min(*first);
            }
        }
        Ok(around)
    }

    /// The same around one message, and whether a contact has its sender's very address.
    pub async fn of_message(tx: &mut Tx, viewer: &Viewer, stored: &Stored) -> Result<(Around, bool), StoreError> {
        if stored.outgoing {
            return Ok((Around::default(), true));
        }
        let of_it = conversation::get(tx, viewer, stored.conversation).await?.messages;
        let summaries = message::summaries(tx, viewer, &of_it).await?;
        let around = Around::read(tx, viewer, &summaries).await?;
        let Some(sender) = stored.people.from.first() else { return Ok((around, false)) };
        let is_contact = !contact::by_address(tx, viewer.organisation, &sender.address).await?.is_empty();
        Ok((around, is_contact))
    }

    fn known(&self, message: MessageKey, is_contact: bool) -> Known {
        let before = self.met.iter().filter(|(_, first)| **first < message).map(|(domain, _)| domain.clone());
        Known { own: self.own.clone(), colleagues: self.colleagues.clone(), met: before.collect(), is_contact }
    }
}

/// Every reason to be careful with the message, the gravest first; `is_contact`: a contact has the sender's address.
pub fn warnings(stored: &Stored, read: &Message, around: &Around, is_contact: bool) -> Vec<Warning> {
    let claim = Claim {
        from: &stored.people.from,
        reply_to: &stored.people.reply_to,
        several: stored.defects.contains(&Defect::SeveralSenders),
        results: &read.authentication_results,
    };
    // Nobody doubts what they wrote themselves.
    let found = if stored.outgoing { Vec::new() } else { doubts(claim, &around.known(stored.id, is_contact)) };
    let mut warnings: Vec<Warning> = found.iter().map(warning).collect();
    if stored.defects.contains(&Defect::TooComplex) {
        warnings.push(too_complex());
    }
    warnings
}
