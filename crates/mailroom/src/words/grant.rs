//! Why a mailbox was not opened by authorising it.

use super::{FieldError, Phrase, Refusal, field::Why, text};

/// Too late, a second time, or in another browser.
pub const BEGIN_AGAIN: Why = (
    "grant_begin_again",
    text(
        "Deze autorisatie is verlopen, al gebruikt, of in een andere browser begonnen. Kies opnieuw Autoriseren.",
        "This authorisation has expired, was used already, or began in another browser. Choose Authorise again.",
    ),
);
/// The person turned back there.
pub const CANCELLED: Why = (
    "grant_cancelled",
    text(
        "U hebt het autoriseren bij {provider} afgebroken. Er is niets veranderd.",
        "You cancelled authorising at {provider}. Nothing was changed.",
    ),
);
/// Another mailbox was opened.
pub const OTHER_MAILBOX: Why = (
    "grant_other_mailbox",
    text(
        "U hebt bij {provider} toestemming gegeven voor {granted}, maar deze mailbox is {mailbox}. Kies opnieuw Autoriseren en meld u aan als {mailbox}.",
        "At {provider} you gave consent for {granted}, but this mailbox is {mailbox}. Choose Authorise again and sign in as {mailbox}.",
    ),
);
/// Nobody typed the code in time.
pub const CODE_EXPIRED: Why = (
    "grant_code_expired",
    text(
        "De code is verlopen voordat iemand hem bij {provider} gebruikte. Vraag een nieuwe code.",
        "The code expired before anybody used it at {provider}. Ask for a new code.",
    ),
);
/// Less was granted than is needed.
pub const TOO_LITTLE: Why = (
    "grant_too_little",
    text(
        "{provider} gaf minder rechten dan nodig is ({missing}). Vink bij {provider} alles aan, of voeg de rechten bij de app toe, en kies opnieuw Autoriseren.",
        "{provider} gave fewer rights than are needed ({missing}). Tick everything at {provider}, or add the rights to the app, and choose Authorise again.",
    ),
);
/// The mailbox is not the one any more that it began for.
pub const CHANGED: Why = (
    "grant_mailbox_changed",
    text(
        "Deze mailbox kreeg een ander adres, of wordt op een andere manier geopend, nadat het autoriseren begon. Er is niets bewaard. Kies opnieuw Autoriseren.",
        "This mailbox was given another address, or is opened in another way, since authorising it began. Nothing was kept. Choose Authorise again.",
    ),
);
/// It said no, or could not be reached.
pub const REFUSED: Why = (
    "grant_refused",
    text("Autoriseren is niet gelukt: {why} {fix} ({said})", "Authorising did not work: {why} {fix} ({said})"),
);

/// The words with their facts.
pub fn told((code, words): Why, facts: &[(&str, &str)]) -> Refusal {
    Refusal::Forbidden(FieldError { field: "grant".to_owned(), code, message: words.with(facts) })
}

/// The provider's refusal with its likely cause.
pub fn refused(why: &super::cause::Explained, said: &str) -> Refusal {
    let (code, words) = REFUSED;
    let fill = |why: &str, fix: &str| words.with(&[("why", why), ("fix", fix), ("said", said)]);
    let message = Phrase { nl: fill(why.cause.nl, why.fix.nl).nl, en: fill(why.cause.en, why.fix.en).en };
    Refusal::Forbidden(FieldError { field: "grant".to_owned(), code, message })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::assert_complete;

    #[test]
    fn every_reason_is_there_in_both_languages() {
        for (code, words) in [BEGIN_AGAIN, CANCELLED, OTHER_MAILBOX, CODE_EXPIRED, TOO_LITTLE, CHANGED, REFUSED] {
            assert_complete(code, &words);
        }
    }
}
