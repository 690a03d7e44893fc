//! The words of the page, in Dutch and in English.
//!
//! Each subject has its own [`words!`] beside its templates. A row names a text once and gives both languages, and
//! becomes a method; templates say `{{ say.greeting(name) }}`. So a text that is missing, or that lacks a language or a
//! fact, does not compile; one that nobody uses is dead code, which `make lint` refuses.

use mailroom::words::Language;

/// Makes a catalogue: `Name { key "Dutch" "English"; key(fact) "met {fact}" "with {fact}"; }`.
///
/// A text with a `|` has two forms: the first when the first fact is 1, the second otherwise.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($key:ident $(($($fact:ident),+))? $nl:literal $en:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub(crate) struct $name(pub(crate) mailroom::words::Language);

        impl $name {
            $($crate::page::words::one! { $key $(($($fact),+))? $nl $en })+
        }

        #[cfg(test)]
        #[test]
        fn both_languages_say_the_same() {
            $($crate::page::words::check(stringify!($key), &[$($(stringify!($fact)),+)?], $nl, $en);)+
        }
    };
}

/// One text of a catalogue.
macro_rules! one {
    ($key:ident $nl:literal $en:literal) => {
        pub(crate) fn $key(self) -> &'static str {
            $crate::page::words::pick(self.0, $nl, $en)
        }
    };
    ($key:ident ($($fact:ident),+) $nl:literal $en:literal) => {
        pub(crate) fn $key(self, $($fact: impl std::fmt::Display),+) -> String {
            let facts = [$((stringify!($fact), $fact.to_string())),+];
            $crate::page::words::fill($crate::page::words::pick(self.0, $nl, $en), &facts)
        }
    };
}

pub(crate) use {one, words};

/// The text in that language.
pub(crate) fn pick(language: Language, nl: &'static str, en: &'static str) -> &'static str {
    match language {
        Language::Dutch => nl,
        Language::English => en,
    }
}

/// Of two texts made elsewhere, the one in that language.
pub(crate) fn either(language: Language, nl: String, en: String) -> String {
    match language {
        Language::Dutch => nl,
        Language::English => en,
    }
}

/// The text with its facts filled in. What a fact holds is not looked at again.
pub(crate) fn fill(text: &str, facts: &[(&str, String)]) -> String {
    let is_one = facts.first().is_some_and(|(_, count)| count == "1");
    let mut rest = match text.split_once('|') {
        Some((one, _)) if is_one => one,
        Some((_, many)) => many,
        None => text,
    };
    let mut filled = String::with_capacity(rest.len() + 16);
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        filled.push_str(before);
        if let Some((_, value)) = facts.iter().find(|(fact, _)| *fact == name) {
            filled.push_str(value);
        }
        rest = after;
    }
    filled + rest
}

#[cfg(test)]
pub(crate) fn check(key: &str, facts: &[&str], nl: &str, en: &str) {
    for text in [nl, en] {
        assert!(!text.trim().is_empty(), "{key} lacks a language");
        for form in text.split('|') {
            let holes = form.split('{').skip(1).map(|rest| rest.split('}').next().unwrap_or_default());
            for hole in holes {
                assert!(facts.contains(&hole), "{key} speaks of {hole}, which it is not given");
            }
        }
        for fact in facts {
            assert!(text.contains(&format!("{{{fact}}}")), "{key} does not use {fact}");
        }
    }
    assert_eq!(nl.contains('|'), en.contains('|'), "{key} has two forms in one language only");
}

words! {
    /// What stands around every page.
    Frame {
        mail "Mail" "Mail";
        contacts "Contacten" "Contacts";
        dossiers "Dossiers" "Dossiers";
        outbox "Postvak uit" "Outbox";
        mailboxes "Mailboxen" "Mailboxes";
        settings "Instellingen" "Settings";
        main_menu "Hoofdmenu" "Main menu";
        to_content "Naar de inhoud" "Skip to content";
        sign_out "Afmelden" "Sign out";
        more "Meer" "More";
        parts "Onderdelen" "Parts";
        own_password "Uw wachtwoord" "Your password";
        own_password_why "Dit vragen we opnieuw, omdat hier veel van afhangt." "Asked again, because much depends on this.";
        copy "Kopiëren" "Copy";
        copied "Gekopieerd" "Copied";
        disk_is_full "De schijf van de server is vol." "The server's disk is full.";
        disk_is_full_fix "Mail wordt niet opgehaald en niet verzonden, en niets wordt bewaard; lezen kan gewoon en er gaat geen mail verloren. Vraag wie de computers doet om ruimte te maken; daarna gaat alles vanzelf verder." "No mail is fetched or sent and nothing is kept; reading goes on as usual and no mail is lost. Ask whoever does the computers to make room; after that everything goes on by itself.";
        unreachable "De server antwoordt niet. Was u iets aan het doen, kijk dan straks of het gelukt is, en doe het anders opnieuw." "The server does not answer. If you were doing something, see in a moment whether it worked, and do it again if not.";
        no_default_mailbox "Kies een standaardmailbox" "Choose a default mailbox";
    }
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn one_message_is_not_spoken_of_as_many() {
        let text = "{count} bericht|{count} berichten";
        assert_eq!(fill(text, &[("count", "1".into())]), "1 bericht");
        assert_eq!(fill(text, &[("count", "12".into())]), "12 berichten");
    }

    #[test]
    fn a_fact_that_looks_like_a_hole_is_not_filled_again() {
        assert_eq!(fill("Dag {name}", &[("name", "{name}".into())]), "Dag {name}");
    }
}
