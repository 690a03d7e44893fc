//! Which mail is confidential by itself (features D3), decided in the transaction that makes it visible at all.

use super::context::Context;
use mail::{Message, search::fold};

/// Why the message is private, if it is.
pub(super) fn reason(context: &Context, message: &Message, hidden_contact: bool) -> Option<&'static str> {
    if says_confidential(&message.subject) {
        return Some("subject");
    }
    if hidden_contact {
        return Some("contact");
    }
    let outgoing = context.is_outgoing(message);
    match outgoing {
        true if context.private_outgoing => Some("default"),
        false if context.private_incoming => Some("default"),
        _ => None,
    }
}

/// Whether the subject calls itself confidential, in Dutch or English, in any case, also inside a longer word
/// ("Vertrouwelijke stukken").
fn says_confidential(subject: &str) -> bool {
    let folded = fold(subject);
    folded.contains("vertrouwelijk") || folded.contains("confidential") || folded.contains("confidentieel")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_that_says_confidential_is_private_in_any_spelling() {
        for subject in
            ["VERTROUWELIJK: dossier", "Re: Vertrouwelijke stukken", "Strictly Confidential", "confidentiality"]
        {
            assert!(says_confidential(subject), "{subject}");
        }
        assert!(!says_confidential("Vertrouwen is goed"));
    }
}
