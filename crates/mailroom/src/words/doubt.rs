//! Why a message may not be from who it says, in a code for programs and in words for people.

use super::{Phrase, Text, text};
use mail::sender::Doubt;

/// A reason to be careful with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// For programs.
    pub code: &'static str,
    /// For people.
    pub message: Phrase,
}

const SEVERAL_SENDERS: Text = text(
    "Let op: dit bericht noemt meer dan één afzender. Vertrouw geen van beide zonder te bellen.",
    "Careful: this message names more than one sender. Trust neither without a phone call.",
);
const NAME_OF_ANOTHER: Text = text(
    "Let op: de afzender noemt zich {name}, maar schrijft vanaf {address}.",
    "Careful: the sender calls themselves {name}, but writes from {address}.",
);
const NAME_OF_COLLEAGUE: Text = text(
    "Let op: de afzender heet als uw collega {name}, maar schrijft vanaf {address}.",
    "Careful: the sender has the name of your colleague {name}, but writes from {address}.",
);
const LOOKS_LIKE: Text = text(
    "Let op: {domain} lijkt op {known}, maar is het niet. Betaal en antwoord niet zonder te bellen.",
    "Careful: {domain} looks like {known}, but is not. Do not pay or answer without a phone call.",
);
const MIXED_SCRIPTS: Text = text(
    "Let op: {domain} heeft letters uit een ander schrift, waardoor het op een ander adres kan lijken.",
    "Careful: {domain} has letters of another script, so that it can look like another address.",
);
const OWN_DOMAIN: Text = text(
    "Let op: dit bericht zegt van {domain} te komen, een domein van uzelf, maar de mailserver kon dat niet bevestigen.",
    "Careful: this message says it comes from {domain}, a domain of yours, but the mail server could not confirm that.",
);
const UNPROVEN: Text = text(
    "Let op: de mailserver kon niet bevestigen dat dit bericht van {domain} komt.",
    "Careful: the mail server could not confirm that this message comes from {domain}.",
);
const REPLY_ELSEWHERE: Text = text(
    "Let op: een antwoord gaat naar {address}, niet naar de afzender.",
    "Careful: a reply goes to {address}, not to the sender.",
);
const TOO_COMPLEX: Text = text(
    "Dit bericht is te ingewikkeld om helemaal te tonen. Het origineel is bewaard.",
    "This message is too complex to show in full. The original is kept.",
);

/// Of a doubt about the sender. The match has no catch-all: a new doubt does not compile without its words.
pub fn warning(doubt: &Doubt) -> Warning {
    let told = |code, words: Text, facts: &[(&str, &str)]| Warning { code, message: words.with(facts) };
    match doubt {
        Doubt::SeveralSenders => told("several_senders", SEVERAL_SENDERS, &[]),
        Doubt::NameOfAnother { name, address } => {
            told("name_of_another", NAME_OF_ANOTHER, &[("name", name), ("address", address)])
        }
        Doubt::NameOfColleague { name, address } => {
            told("name_of_colleague", NAME_OF_COLLEAGUE, &[("name", name), ("address", address)])
        }
        Doubt::LooksLike { domain, known } => told("looks_like", LOOKS_LIKE, &[("domain", domain), ("known", known)]),
        Doubt::MixedScripts { domain } => told("mixed_scripts", MIXED_SCRIPTS, &[("domain", domain)]),
        Doubt::OwnDomain { domain } => told("own_domain", OWN_DOMAIN, &[("domain", domain)]),
        Doubt::Unproven { domain } => told("unproven", UNPROVEN, &[("domain", domain)]),
        Doubt::ReplyElsewhere { address } => told("reply_elsewhere", REPLY_ELSEWHERE, &[("address", address)]),
    }
}

/// Of a message that was too much to read whole.
pub fn too_complex() -> Warning {
    Warning { code: "too_complex", message: TOO_COMPLEX.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::assert_complete;

    #[test]
    fn every_warning_is_there_in_both_languages() {
        for words in [
            SEVERAL_SENDERS,
            NAME_OF_ANOTHER,
            NAME_OF_COLLEAGUE,
            LOOKS_LIKE,
            MIXED_SCRIPTS,
            OWN_DOMAIN,
            UNPROVEN,
            REPLY_ELSEWHERE,
            TOO_COMPLEX,
        ] {
            assert_complete(words.en, &words);
        }
        let told = warning(&Doubt::LooksLike { domain: "exarnple.nl".into(), known: "example.nl".into() });
        assert_eq!(told.code, "looks_like");
        assert!(told.message.en.starts_with("Careful: exarnple.nl looks like example.nl,"), "{told:?}");
    }
}
