//! Reasons to doubt who a message says it is from. They warn and no more: mail of somebody who is doubted by mistake is
//! read all the same.

mod likeness;
mod results;

use crate::{Address, address::fold_address, search::fold};
use likeness::{is_elsewhere, looks_like, mixes_scripts, shown};
use std::collections::BTreeSet;

/// A reason to doubt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// It names more than one sender.
    SeveralSenders,
    /// The sender's name is an address, but not theirs.
    NameOfAnother {
        /// What they call themselves.
        name: String,
        /// Where they write from.
        address: String,
    },
    /// They are called like a colleague and write from elsewhere.
    NameOfColleague {
        /// The colleague's name.
        name: String,
        /// Where they write from.
        address: String,
    },
    /// The domain looks like one that is known, and is another.
    LooksLike {
        /// Theirs.
        domain: String,
        /// The one that it looks like.
        known: String,
    },
    /// The domain has letters of a script that pass for those of another.
    MixedScripts {
        /// Theirs.
        domain: String,
    },
    /// It says it comes from our own domain, and the server that received it could not confirm that.
    OwnDomain {
        /// Ours.
        domain: String,
    },
    /// The domain asks to be believed only when its proof is right (DMARC, RFC 7489 §6.3), and it is not.
    Unproven {
        /// Theirs.
        domain: String,
    },
    /// An answer goes to another domain.
    ReplyElsewhere {
        /// Where to.
        address: String,
    },
}

/// What a message says of its sender.
#[derive(Debug, Clone, Copy, Default)]
pub struct Claim<'a> {
    /// `From`.
    pub from: &'a [Address],
    /// `Reply-To`.
    pub reply_to: &'a [Address],
    /// It has more than one `From` field.
    pub several: bool,
    /// Its `Authentication-Results`, newest first. Only the newest counts: those below may have come with the message.
    pub results: &'a [String],
}

/// What is known without the message.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Domains of our own mailboxes.
    pub own: BTreeSet<String>,
    /// Domains of whoever wrote, or was written to, earlier in the conversation.
    pub met: BTreeSet<String>,
    /// Names of colleagues, folded as for searching.
    pub colleagues: BTreeSet<String>,
    /// A contact has the very address of the sender.
    pub is_contact: bool,
}

/// The domain of an address in lower case and ASCII (IDNA), as [`Known`] holds it.
pub fn domain_of(address: &str) -> Option<String> {
    fold_address(address).rsplit_once('@').map(|(_, domain)| domain.to_owned()).filter(|domain| !domain.is_empty())
}

/// Every reason to doubt, the gravest first.
pub fn doubts(claim: Claim<'_>, known: &Known) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    if claim.several || claim.from.len() > 1 {
        doubts.push(Doubt::SeveralSenders);
    }
    let Some(from) = claim.from.first() else { return doubts };
    let Some(domain) = domain_of(&from.address) else { return doubts };
    let is_ours = known.own.contains(&domain);
    let proof = Proof::read(claim.results.first().map_or("", String::as_str));
    match is_ours {
        true if proof.is_refuted() => doubts.push(Doubt::OwnDomain { domain: shown(&domain) }),
        false if proof.is_refused => doubts.push(Doubt::Unproven { domain: shown(&domain) }),
        _ => {}
    }
    if !is_ours && !known.is_contact {
        let like = known.own.iter().chain(&known.met).find(|known| looks_like(&domain, known));
        if let Some(like) = like {
            doubts.push(Doubt::LooksLike { domain: shown(&domain), known: shown(like) });
        } else if mixes_scripts(&domain) {
            doubts.push(Doubt::MixedScripts { domain: shown(&domain) });
        }
    }
    if let Some(name) = &from.name {
        let (name, address) = (name.clone(), from.address.clone());
        if name.contains('@') && !name.to_lowercase().contains(&address.to_lowercase()) {
            doubts.push(Doubt::NameOfAnother { name, address });
        } else if !is_ours && !known.is_contact && known.colleagues.contains(&fold(&name)) {
            doubts.push(Doubt::NameOfColleague { name, address });
        }
    }
    if let Some(reply) = claim.reply_to.first()
        && domain_of(&reply.address).is_some_and(|other| is_elsewhere(&domain, &other))
    {
        doubts.push(Doubt::ReplyElsewhere { address: reply.address.clone() });
    }
    doubts
}

/// What the server that received a message found (RFC 8601).
#[derive(Debug, Default)]
struct Proof {
    dmarc: Option<bool>,
    /// It is not proven, and the domain does not only watch.
    is_refused: bool,
    dkim: Option<bool>,
    spf: Option<bool>,
}

impl Proof {
    fn read(results: &str) -> Proof {
        let mut proof = Proof::default();
        for result in results::read(&results.to_ascii_lowercase()) {
            let Some((method, rest)) = result.said.split_once('=') else { continue };
            let word = rest.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
            let found = match word {
                "pass" => Some(true),
                "fail" | "softfail" => Some(false),
                _ => None,
            };
            match method.split('/').next().unwrap_or_default().trim() {
                "dmarc" if found == Some(false) => {
                    let wants = ["p=none", "policy.dmarc=none"];
                    let words = |text: &'_ str| text.split([' ', ',']).any(|word| wants.contains(&word));
                    proof.dmarc = found;
                    proof.is_refused |= !words(&result.said) && !words(&result.remarks);
                }
                // Of two that contradict each other the worse counts.
                "dmarc" => proof.dmarc = proof.dmarc.or(found),
                // One good signature is enough.
                "dkim" => proof.dkim = if proof.dkim == Some(true) { proof.dkim } else { found.or(proof.dkim) },
                "spf" => proof.spf = proof.spf.or(found),
                _ => {}
            }
        }
        proof
    }

    /// Nothing speaks for it, and something against it.
    fn is_refuted(&self) -> bool {
        match self.dmarc {
            Some(proven) => !proven,
            None => self.spf == Some(false) && self.dkim != Some(true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        let domains = |all: &[&str]| all.iter().map(|one| one.to_string()).collect();
        Known {
            own: domains(&["dorpshuis.nl"]),
            met: domains(&["bouwbedrijf-smit.be"]),
            colleagues: domains(&["els de wit"]),
            is_contact: false,
        }
    }

    fn of(from: &str, known: &Known) -> Vec<Doubt> {
        doubts(Claim { from: &Address::parse_list(from), ..Claim::default() }, known)
    }

    fn with(from: &str, results: &str) -> Vec<Doubt> {
        let results = [results.to_owned(), "mx.x; dmarc=fail".to_owned()];
        doubts(Claim { from: &Address::parse_list(from), results: &results, ..Claim::default() }, &known())
    }

    #[test]
    fn a_domain_that_looks_like_one_that_is_known_is_told_with_it() {
        for (domain, like) in [
            ("dorpshuls.nl", "dorpshuis.nl"),
            ("dorphsuis.nl", "dorpshuis.nl"),
            ("dorpshuis-nl.com", "dorpshuis.nl"),
            ("dorpshuis.nl.inloggen.example", "dorpshuis.nl"),
            ("d0rpshuis.nl", "dorpshuis.nl"),
            ("bouwbedrijfsmit.be", "bouwbedrijf-smit.be"),
            ("bouwbedrijf-srnit.be", "bouwbedrijf-smit.be"),
            ("d\u{43e}rpshuis.nl", "dorpshuis.nl"),
        ] {
            let found = of(&format!("Jan <jan@{domain}>"), &known());
            assert!(matches!(&found[..], [Doubt::LooksLike { known, .. }] if known == like), "{domain}: {found:?}");
        }
    }

    #[test]
    fn who_is_known_and_who_is_plainly_another_is_not_doubted() {
        for domain in
            ["dorpshuis.nl", "mail.dorpshuis.nl", "bouwbedrijf-smit.be", "gmail.com", "dorpskern.nl", "caf\u{e9}.nl"]
        {
            assert_eq!(of(&format!("Jan <jan@{domain}>"), &known()), [], "{domain}");
        }
        let contact = Known { is_contact: true, ..known() };
        assert_eq!(of("Els de Wit <els@dorpshuls.nl>", &contact), []);
    }

    #[test]
    fn letters_that_pass_for_others_are_told() {
        let found = of("a@\u{440}\u{430}\u{443}\u{440}al.com", &known());
        assert_eq!(found, [Doubt::MixedScripts { domain: "\u{440}\u{430}\u{443}\u{440}al.com".into() }]);
        // A whole word of one script is a name like any other, unless each of its letters passes for one of ours.
        assert_eq!(of("a@\u{43f}\u{43e}\u{447}\u{442}\u{430}.\u{440}\u{444}", &known()), []);
        assert!(!of("a@\u{430}\u{440}\u{440}\u{4cf}\u{435}.com", &known()).is_empty());
    }

    #[test]
    fn a_name_that_belongs_to_somebody_else_is_told() {
        let found = of("\"Els de W\u{ed}t\" <els@gmail.com>", &known());
        assert!(matches!(&found[..], [Doubt::NameOfColleague { .. }]), "{found:?}");
        assert_eq!(of("Els de Wit <els@dorpshuis.nl>", &known()), []);
        let found = of("\"info@dorpshuis.nl\" <x@elders.example>", &known());
        assert!(matches!(&found[..], [Doubt::NameOfAnother { .. }]), "{found:?}");
    }

    #[test]
    fn only_the_newest_word_of_a_server_counts_and_only_against_somebody() {
        let ours = |results| with("a@dorpshuis.nl", results);
        assert_eq!(
            ours("mx.nl; dmarc=fail (p=NONE sp=NONE dis=NONE) header.from=dorpshuis.nl"),
            [Doubt::OwnDomain { domain: "dorpshuis.nl".into() }]
        );
        assert_eq!(
            ours("mx.nl; spf=softfail smtp.mailfrom=x; dkim=none"),
            [Doubt::OwnDomain { domain: "dorpshuis.nl".into() }]
        );
        assert_eq!(ours("mx.nl; spf=fail; dkim=pass header.d=dorpshuis.nl"), []);
        assert_eq!(ours("mx.nl; none"), []);
        let theirs = |results| with("a@bank.example", results);
        assert_eq!(
            theirs("mx.nl; dmarc=fail (p=reject sp=none dis=none)"),
            [Doubt::Unproven { domain: "bank.example".into() }]
        );
        assert_eq!(theirs("mx.nl; dmarc=fail (p=none)"), []);
        assert_eq!(theirs("mx.nl; dmarc=fail header.from=bank.example policy.dmarc=none"), []);
        assert!(!theirs("mx.nl; dmarc=fail header.from=bank.example policy.dmarc=quarantine").is_empty());
        assert_eq!(theirs("mx.nl; spf=fail; dmarc=pass"), []);
    }

    /// Whatever stands in quotes or in brackets was written by somebody else, most likely by the one who is doubted.
    #[test]
    fn a_sender_who_writes_a_result_into_what_is_said_of_them_proves_nothing() {
        let ours = |results: &str| {
            with("a@dorpshuis.nl", results).contains(&Doubt::OwnDomain { domain: "dorpshuis.nl".into() })
        };
        for results in [
            r#"mx.nl; spf=pass smtp.mailfrom="\"x;dmarc=pass;\"@evil.example"; dmarc=fail header.from=dorpshuis.nl"#,
            r#"mx.nl; spf=pass smtp.mailfrom="\"x; dmarc=pass; \"@evil.example"; dmarc=fail header.from=dorpshuis.nl"#,
            r#"mx.nl; spf=fail smtp.mailfrom="x;dkim=pass;y@evil.example"; dkim=none"#,
            r#"mx.nl; dkim=pass header.i="a;dmarc=pass;b@evil.example"; dmarc=fail header.from=dorpshuis.nl"#,
            "mx.nl; spf=fail (mx.nl: domain of x;dkim=pass;@evil.example does not) smtp.mailfrom=x; dkim=none",
            r"mx.nl (our \); dmarc=pass; (own) name); dmarc (of it) = (sadly) fail (p=reject)",
            "mx.nl; dmarc=pass header.from=evil.example; dmarc=fail header.from=dorpshuis.nl",
            // Neither ends: nothing behind them is hidden.
            "mx.nl; spf=pass smtp.mailfrom=\"x@evil.example; dmarc=fail header.from=dorpshuis.nl",
            "mx.nl; spf=pass (x@evil.example; dmarc=fail header.from=dorpshuis.nl",
        ] {
            assert!(ours(results), "{results}");
        }
        let theirs = |results: &str| with("a@bank.example", results);
        let watched = r#"mx.nl; spf=pass smtp.mailfrom="x; dmarc=fail policy.dmarc=none;@evil.example"; dmarc=fail policy.dmarc=reject"#;
        assert_eq!(theirs(watched), [Doubt::Unproven { domain: "bank.example".into() }]);
        assert_eq!(theirs("mx.nl; dmarc=fail (of x; p=NONE) header.from=bank.example"), []);
    }

    #[test]
    fn two_senders_and_an_answer_that_goes_elsewhere_are_told() {
        let from = Address::parse_list("a@x.nl, b@y.nl");
        let reply = Address::parse_list("c@elders.example");
        let found = doubts(Claim { from: &from, reply_to: &reply, ..Claim::default() }, &known());
        assert_eq!(found, [Doubt::SeveralSenders, Doubt::ReplyElsewhere { address: "c@elders.example".into() }]);
        let reply = Address::parse_list("c@antwoord.x.nl");
        assert_eq!(doubts(Claim { from: &from[..1], reply_to: &reply, ..Claim::default() }, &known()), []);
    }
}
