//! What may be wrong with who a message says it is from, in words above it.

use super::Say;
use mail::{
    Defect, Message, MessageKey,
    search::fold,
    sender::{Claim, Doubt, Known, domain_of, doubts},
};
use std::collections::{BTreeMap, BTreeSet};
use store::{
    StoreError, Tx, Viewer, account,
    message::{Stored, Summary},
    user,
};

/// More colleagues are not compared with a sender's name.
const COLLEAGUES: usize = 1000;

/// What is known around a conversation.
#[derive(Clone, Default)]
pub(super) struct Around {
    own: BTreeSet<String>,
    colleagues: BTreeSet<String>,
    /// Every domain in it, with the message that it came with. Keys rise with time.
    met: BTreeMap<String, MessageKey>,
}

impl Around {
    pub(super) async fn read(tx: &mut Tx, viewer: &Viewer, summaries: &[Summary]) -> Result<Around, StoreError> {
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

    fn known(&self, message: MessageKey, is_contact: bool) -> Known {
        let before = self.met.iter().filter(|(_, first)| **first < message).map(|(domain, _)| domain.clone());
        Known { own: self.own.clone(), colleagues: self.colleagues.clone(), met: before.collect(), is_contact }
    }
}

/// Every reason to doubt the message, in words; `is_contact`: a contact has the sender's address.
pub(super) fn warnings(stored: &Stored, read: &Message, around: &Around, is_contact: bool, say: Say) -> Vec<String> {
    let claim = Claim {
        from: &stored.people.from,
        reply_to: &stored.people.reply_to,
        several: stored.defects.contains(&Defect::SeveralSenders),
        results: &read.authentication_results,
    };
    // Nobody doubts what they wrote themselves.
    let found = if stored.outgoing { Vec::new() } else { doubts(claim, &around.known(stored.id, is_contact)) };
    let mut warnings: Vec<String> = found.into_iter().map(|doubt| words(doubt, say)).collect();
    if stored.defects.contains(&Defect::TooComplex) {
        warnings.push(say.warn_complex().to_owned());
    }
    warnings
}

fn words(doubt: Doubt, say: Say) -> String {
    match doubt {
        Doubt::SeveralSenders => say.warn_senders().to_owned(),
        Doubt::NameOfAnother { name, address } => say.warn_name(name, address),
        Doubt::NameOfColleague { name, address } => say.warn_colleague(name, address),
        Doubt::LooksLike { domain, known } => say.warn_like(domain, known),
        Doubt::MixedScripts { domain } => say.warn_script(domain),
        Doubt::OwnDomain { domain } => say.warn_own(domain),
        Doubt::Unproven { domain } => say.warn_unproven(domain),
        Doubt::ReplyElsewhere { address } => say.warn_reply(address),
    }
}
