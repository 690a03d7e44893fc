//! The language of the command line, and the help and the answers to wrong use in Dutch; clap itself knows English only.

mod dutch;

use crate::Program;
use clap::{
    Arg, Command, CommandFactory,
    builder::{Str, StyledStr},
    error::{
        ContextKind::{self, *},
        Error, ErrorFormatter, ErrorKind,
    },
};
use dutch::HELP;
use mailroom::words::Language;
use std::ffi::OsString;

/// The language to speak, asked before anything is parsed, since the help is in it too: `--language`, the variable, and
/// else what the system speaks (POSIX: the first of these that is set decides). Whether what was given is a language at
/// all is clap's to say.
pub fn language(mut arguments: impl Iterator<Item = OsString>, variable: impl Fn(&str) -> Option<String>) -> Language {
    let mut given = variable("POSTKAMER_LANGUAGE");
    while let Some(argument) = arguments.next().filter(|argument| argument != "--") {
        if argument == "--language" {
            given = arguments.next().and_then(|next| next.into_string().ok());
        } else if let Some(value) = argument.to_str().and_then(|argument| argument.strip_prefix("--language=")) {
            given = Some(value.to_owned());
        }
    }
    let system =
        || ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| variable(name).filter(|it| !it.is_empty()));
    match given.or_else(system) {
        Some(name) if name.starts_with("nl") => Language::Dutch,
        _ => Language::English,
    }
}

/// Everything that can be asked of the program, with its help in that language.
pub fn command(language: Language) -> Command {
    let mut command = Program::command();
    if language == Language::Dutch {
        // Only now clap adds its own flags, and passes on those that every command takes.
        command.build();
        command = translated(command);
    }
    command
}

/// Says what clap has to say, the help or why this can't be done, and ends the program.
pub fn end(error: clap::Error, language: Language) -> ! {
    match language {
        Language::Dutch => error.apply::<WrongUse>().exit(),
        Language::English => error.exit(),
    }
}

fn translated(command: Command) -> Command {
    let about = command.get_about().and_then(|about| in_dutch(&about.to_string()));
    let mut command = command.subcommand_value_name("OPDRACHT").mut_subcommands(translated).mut_args(|arg| {
        let help = arg.get_help().and_then(|help| in_dutch(&help.to_string()));
        let value = value_names(&arg).first().and_then(|name| in_dutch(name));
        let arg = if let Some(help) = help { arg.help(help) } else { arg };
        if let Some(value) = value { arg.value_name(value) } else { arg }
    });
    if let Some(about) = about {
        command = command.about(about);
    }
    // The rest is clap's own, which can't be set.
    let help = with_dutch_headings(&command.render_help().ansi().to_string());
    command.override_help(help)
}

/// What the help calls the values of an option; a flag has a name for one, too, which is never shown.
fn value_names(arg: &Arg) -> &[Str] {
    if arg.get_action().takes_values() { arg.get_value_names().unwrap_or_default() } else { &[] }
}

fn in_dutch(english: &str) -> Option<&'static str> {
    HELP.iter().find(|(known, _)| *known == english).map(|(_, dutch)| *dutch)
}

fn with_dutch_headings(text: &str) -> String {
    HEADINGS.iter().fold(text.to_owned(), |text, (english, dutch)| text.replace(english, dutch))
}

/// What clap writes around our own words.
const HEADINGS: &[(&str, &str)] = &[
    ("Usage:", "Gebruik:"),
    ("Commands:", "Opdrachten:"),
    ("Arguments:", "Argumenten:"),
    ("Options:", "Opties:"),
    ("[OPTIONS]", "[OPTIES]"),
    ("[env: ", "[variabele: "),
    ("[default: ", "[standaard: "),
    ("[possible values: ", "[keuze uit: "),
];

/// Why the command could not be understood, in Dutch.
struct WrongUse;

impl ErrorFormatter for WrongUse {
    fn format_error(error: &Error<WrongUse>) -> StyledStr {
        let fact = |kind: ContextKind| error.get(kind).map(ToString::to_string).filter(|fact| !fact.is_empty());
        let argument = fact(InvalidArg).unwrap_or_default();
        let said = match (error.kind(), fact(InvalidValue)) {
            (ErrorKind::UnknownArgument, _) => format!("de optie '{argument}' bestaat niet"),
            (ErrorKind::InvalidSubcommand, _) => {
                format!("de opdracht '{}' bestaat niet", fact(InvalidSubcommand).unwrap_or_default())
            }
            (ErrorKind::MissingRequiredArgument, _) => format!("dit ontbreekt: {argument}"),
            (ErrorKind::MissingSubcommand, _) => "noem een opdracht".to_owned(),
            (ErrorKind::ArgumentConflict, _) => match fact(PriorArg).filter(|other| *other != argument) {
                Some(other) => format!("'{argument}' gaat niet samen met '{other}'"),
                None => format!("'{argument}' mag maar één keer"),
            },
            (_, Some(value)) => format!("'{value}' past niet bij '{argument}'"),
            (ErrorKind::InvalidValue, None) => format!("er ontbreekt een waarde bij '{argument}'"),
            _ => "dit is niet te begrijpen".to_owned(),
        };
        let mut text = format!("fout: {said}");
        if let Some(values) = fact(ValidValue) {
            text += &format!("\n  [keuze uit: {values}]");
        }
        for kind in [SuggestedSubcommand, SuggestedArg, SuggestedValue] {
            if let Some(similar) = fact(kind) {
                text += &format!("\n\n  Bedoelt u '{similar}'?");
            }
        }
        if let Some(usage) = fact(Usage) {
            text += &format!("\n\n{}", with_dutch_headings(&usage));
        }
        StyledStr::from(text + "\n\nMet '--help' staat er meer.\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn spoken(arguments: &[&str], variables: &[(&str, &str)]) -> Language {
        let variable =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        language(arguments.iter().map(OsString::from), variable)
    }

    #[test]
    fn the_option_wins_over_the_variable_and_that_over_the_system() {
        use Language::{Dutch, English};
        let own = "POSTKAMER_LANGUAGE";
        assert_eq!(spoken(&["fetch"], &[]), English);
        assert_eq!(spoken(&["fetch"], &[("LANG", "nl_NL.UTF-8")]), Dutch);
        assert_eq!(spoken(&["fetch"], &[("LANG", "nl_BE"), ("LC_ALL", "")]), Dutch);
        assert_eq!(spoken(&["fetch"], &[("LANG", "nl_BE"), ("LC_MESSAGES", "en_GB")]), English);
        assert_eq!(spoken(&["fetch"], &[("LANG", "en_GB"), ("LC_ALL", "nl_NL")]), Dutch);
        assert_eq!(spoken(&["fetch"], &[("LC_ALL", "nl_NL"), (own, "en")]), English);
        assert_eq!(spoken(&["fetch", "--language", "nl"], &[(own, "en")]), Dutch);
        assert_eq!(spoken(&["--language=en", "fetch"], &[(own, "nl")]), English);
        assert_eq!(spoken(&["import", "--", "--language=nl"], &[]), English);
    }

    /// Every text of our own in the help: of this command and of all below it.
    fn texts(command: &Command, found: &mut BTreeSet<String>) {
        found.extend(command.get_about().map(ToString::to_string));
        for arg in command.get_arguments() {
            found.extend(arg.get_help().map(ToString::to_string));
            found.extend(value_names(arg).iter().map(ToString::to_string));
            assert!(arg.get_long_help().is_none(), "{arg}: say it in one paragraph");
            let choices = arg.get_possible_values();
            assert!(choices.iter().all(|choice| choice.get_help().is_none()), "{arg}: say it in the option's own help");
        }
        assert!(command.get_long_about().is_none(), "{}: say it in one paragraph", command.get_name());
        command.get_subcommands().for_each(|below| texts(below, found));
    }

    #[test]
    fn every_text_of_the_help_is_there_in_dutch_and_no_other() {
        let mut command = command(Language::English);
        command.build();
        let mut found = BTreeSet::new();
        texts(&command, &mut found);
        let known = |text: &str| HELP.iter().any(|(english, _)| *english == text);
        let missing: Vec<_> = found.iter().filter(|text| !known(text.as_str())).collect();
        assert!(missing.is_empty(), "without Dutch: {missing:#?}");
        for (english, dutch) in HELP {
            assert!(found.contains(*english), "no help says {english:?} any more");
            assert_eq!(HELP.iter().filter(|(other, _)| other == english).count(), 1, "{english:?} is there twice");
            assert!(!dutch.is_empty(), "{english:?}");
        }
    }

    #[test]
    fn the_dutch_help_has_no_english_left_in_its_headings() {
        fn look(command: &mut Command) {
            let help = command.render_help().to_string();
            assert!(help.contains("Gebruik: postkamer"), "{help}");
            for (english, _) in HEADINGS {
                assert!(!help.contains(english), "{english} in {help}");
            }
            command.get_subcommands_mut().for_each(look);
        }
        look(&mut command(Language::Dutch));
    }

    #[test]
    fn what_can_be_asked_in_english_can_be_asked_in_dutch() {
        for arguments in [
            &["postkamer", "fetch", "--all", "--json", "--data", "x"][..],
            &["postkamer", "--language", "nl", "export", "uit", "--account", "a@b.test", "--form", "eml"],
            &["postkamer", "restore", "--account", "a@b.test", "--since", "2026-11-02T09:30:00Z"],
        ] {
            for language in [Language::English, Language::Dutch] {
                let found = command(language).try_get_matches_from(arguments);
                assert!(found.is_ok(), "{language:?} {arguments:?}: {}", found.expect_err("just seen"));
            }
        }
    }

    #[test]
    fn wrong_use_is_explained_in_dutch() {
        let said = |arguments: &[&str]| {
            let all = ["postkamer"].iter().chain(arguments);
            let error = command(Language::Dutch).try_get_matches_from(all).expect_err("wrong use");
            assert_eq!(error.exit_code(), 2);
            error.apply::<WrongUse>().to_string()
        };
        assert!(said(&["fetch", "--accont", "x"]).contains("de optie '--accont' bestaat niet"));
        assert!(said(&["fetch", "--accont", "x"]).contains("Bedoelt u '--account'?"));
        assert!(said(&["fetsch"]).contains("de opdracht 'fetsch' bestaat niet"));
        assert!(said(&["fetch"]).contains("dit ontbreekt: --account <ADRES>"));
        assert!(said(&["fetch", "--all", "--account", "x"]).contains("gaat niet samen met"));
        assert!(said(&["fetch", "--all", "--all"]).contains("'--all' mag maar één keer"));
        assert!(said(&["fetch", "--account"]).contains("er ontbreekt een waarde bij '--account <ADRES>'"));
        assert!(said(&["serve", "--role", "koning"]).contains("[keuze uit: all, web, sync, outbox, inbound]"));
        assert!(said(&["restore", "--since", "gisteren"]).contains("'gisteren' past niet bij '--since <MOMENT>'"));
        assert!(said(&["setup"]).contains("Gebruik: postkamer setup"));
        assert!(said(&[]).contains("Opdrachten:"));
    }
}
