//! Who wrote what somebody passes on (RFC 5322 knows no field for it; programs write a head into the text).
//!
//! A message that a server forwards still says itself who wrote it. One that a person forwards is from that person, and the
//! writer stands in the text or in the message that is attached.

use crate::Address;

/// Lines of a text that are looked at.
const LINES: usize = 400;
/// A head has its other fields within so many lines.
const HEAD: usize = 7;
/// What subjects of such messages begin with, in the languages of our neighbours.
const SUBJECTS: [&str; 9] = ["fwd:", "fw:", "doorgestuurd:", "doorst:", "dst:", "tr:", "wg:", "i:", "vs:"];
const FROM: [&str; 4] = ["from:", "van:", "de:", "von:"];
const OTHERS: [&str; 20] = [
    "sent:",
    "verzonden:",
    "date:",
    "datum:",
    "to:",
    "aan:",
    "subject:",
    "onderwerp:",
    "cc:",
    "reply-to:",
    "envoyé:",
    "envoyé :",
    "date :",
    "à:",
    "à :",
    "objet:",
    "objet :",
    "gesendet:",
    "an:",
    "betreff:",
];

/// Whether the subject says that something is passed on.
pub(crate) fn says_so(subject: &str) -> bool {
    let subject = subject.trim_start().to_lowercase();
    SUBJECTS.iter().any(|beginning| subject.starts_with(beginning))
}

/// The writer that the first head in the text names.
pub(crate) fn in_text(text: &str) -> Option<Address> {
    let lines: Vec<&str> = text.lines().take(LINES).map(bare).collect();
    for (at, line) in lines.iter().enumerate() {
        let Some(value) = field(line, &FROM) else { continue };
        let following = lines.iter().skip(at + 1).take(HEAD);
        if following.filter(|line| field(line, &OTHERS).is_some()).count() >= 2 {
            let value = value.replace("[mailto:", "<").replace(']', ">");
            return Address::parse_list(&value).into_iter().next();
        }
    }
    None
}

/// The line without signs of quoting and of bold letters.
fn bare(line: &str) -> &str {
    line.trim_start_matches(['>', ' ', '\t', '*', '\u{a0}'])
}

fn field<'a>(line: &'a str, names: &[&str]) -> Option<&'a str> {
    let lower = line.to_lowercase();
    let name = names.iter().find(|name| lower.starts_with(*name))?;
    // The length in letters: lower case may take other bytes.
    let end = line.char_indices().nth(name.chars().count()).map_or(line.len(), |(at, _)| at);
    line.get(end..).map(|value| value.trim_matches(['*', ' ', '\u{a0}']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<String> {
        in_text(text).map(|address| address.to_string())
    }

    #[test]
    fn the_writer_is_found_in_the_heads_that_programs_write() {
        let gmail = "Kun jij dit doen?\n\n---------- Forwarded message ---------\nVan: Jan Smit <jan@elders.nl>\nDate: zo 22 nov 2026 om 10:00\nSubject: Offerte\nTo: <anna@voorbeeld.nl>\n\nGraag een offerte.\n";
        let outlook = "Zie onder.\n\n________________________________\nFrom: Jan Smit [mailto:jan@elders.nl]\nSent: Sunday, 22 November 2026 10:00\nTo: Anna\nSubject: Offerte\n\nGraag.\n";
        let apple = "> Begin doorgestuurd bericht:\n> \n> *Van: *Jan Smit <jan@elders.nl>\n> *Onderwerp: Offerte*\n> *Datum: *22 november 2026\n";
        let french = "De : quelqu'un\nDe: Jan Smit <jan@elders.nl>\nEnvoyé : dimanche\nÀ : Anna\nObjet : Offre\n";
        for text in [gmail, outlook, apple, french] {
            assert_eq!(of(text).as_deref(), Some("Jan Smit <jan@elders.nl>"), "{text}");
        }
    }

    #[test]
    fn a_text_that_only_has_such_a_word_names_nobody() {
        for text in [
            "",
            "Van: alles wat\nen nog wat\n",
            "from: jan@elders.nl\n\nGroet\n",
            "Van: Jan Smit\nAan: Anna\nOnderwerp: x\n",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn a_subject_says_that_something_is_passed_on() {
        assert!(says_so("Fwd: Offerte") && says_so(" FW: x") && says_so("Doorgestuurd: x"));
        assert!(!says_so("Re: Fwd: Offerte") && !says_so("Forward planning"));
    }
}
