//! The search language of the search field and of `GET /messages?q=`.
//!
//! | written | means |
//! |---|---|
//! | `factuur mei` | both words, anywhere |
//! | `"open staande factuur"` | these words next to each other |
//! | `fact*` | words that begin so |
//! | `from:jan`, `van:"jan de vries"` | in the sender's name or address |
//! | `to:`, `aan:` / `subject:`, `onderwerp:` | in the recipients, the subject |
//! | `file:`, `bestand:` | in the names of attachments |
//! | `has:attachment`, `met:bijlage` | with an attachment |
//! | `before:2026-05-01`, `voor:gisteren` / `after:`, `na:` | received before that day, on or after it |
//! | `in:sent`, `map:Klanten` | in a folder of that role or name |
//! | `is:unread`, `is:read`, `is:flagged`, `is:private` | in that state |
//! | `contact:`, `dossier:`, `account:` | linked to it, in it: an id, or words of its name |
//! | `-word`, `-from:jan` | must not hold |

mod day;
mod lexer;

use crate::{AccountKey, ContactKey, DossierKey, Role, display::Language, search};
use lexer::Piece;

/// What someone asks for: every term must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// The terms, in the order written.
    pub terms: Vec<Term>,
    /// What was left out and why.
    pub problems: Vec<Problem>,
}

/// Something in a question that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// More terms than anyone means.
    TooMany,
    /// A prefix with nothing after it.
    Nothing(String),
    /// Not a day.
    NotADay(String),
    /// After `is:` or `has:` stands a word that isn't known there: the prefix and the word.
    Unknown(String, String),
}

impl Problem {
    /// The words for the person who asked.
    pub fn text(&self, language: Language) -> String {
        let dutch = language == Language::Dutch;
        match self {
            Problem::TooMany if dutch => format!("Alleen de eerste {TERM_LIMIT} zoektermen zijn gebruikt."),
            Problem::TooMany => format!("Only the first {TERM_LIMIT} terms were used."),
            Problem::Nothing(prefix) if dutch => format!("Achter “{prefix}:” staat niets."),
            Problem::Nothing(prefix) => format!("Nothing stands after “{prefix}:”."),
            Problem::NotADay(word) if dutch => format!("“{word}” is geen datum; schrijf jjjj-mm-dd."),
            Problem::NotADay(word) => format!("“{word}” is not a date; write yyyy-mm-dd."),
            Problem::Unknown(prefix, word) if dutch => format!("“{prefix}:{word}” is geen zoekterm."),
            Problem::Unknown(prefix, word) => format!("“{prefix}:{word}” is not a search term."),
        }
    }
}

/// Where words are looked for; the fields of [`crate::search::SearchText`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// In every field.
    Anywhere,
    /// In the subject.
    Subject,
    /// In the sender's name or address.
    From,
    /// In the names or addresses of To, Cc and Bcc.
    To,
    /// In the names of attachments.
    Attachments,
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// These tokens next to each other in this order; one token is a word. Folded by `search::fold`, never empty.
    Words {
        /// Where.
        field: Field,
        /// Folded tokens, at least one.
        tokens: Vec<String>,
        /// Whether the last token may go on (`factuur*`).
        prefix: bool,
    },
    /// Has an attachment that is not an inline picture.
    HasAttachment,
    /// Received before this instant (milliseconds since 1970).
    Before(i64),
    /// Received at or after this instant (milliseconds since 1970).
    After(i64),
    /// In a folder with this role.
    Role(Role),
    /// In a folder whose name, folded by `search::fold`, is this or ends in it.
    Folder(String),
    /// Not read yet.
    Unread,
    /// Read.
    Read,
    /// Marked as important.
    Flagged,
    /// Private.
    Private,
    /// Linked to this contact.
    Contact(ContactKey),
    /// Linked to a contact whose name has all these tokens.
    ContactNamed(Vec<String>),
    /// Linked to this dossier.
    Dossier(DossierKey),
    /// Linked to a dossier whose name has all these tokens.
    DossierNamed(Vec<String>),
    /// In this account.
    Account(AccountKey),
    /// In an account whose display name or address has all these tokens.
    AccountNamed(Vec<String>),
    /// The other must not hold. Never nested.
    Not(Box<Term>),
}

/// The present, as the asking person's clock shows it; `before:today` needs it, and a date needs to know where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// Seconds that the person's clock is ahead of UTC.
    pub offset_seconds: i32,
}

/// Terms that are kept; more are no question.
const TERM_LIMIT: usize = 50;

/// What `text` asks for. Never fails: what isn't understood is looked for as plain words.
pub fn parse(text: &str, now: Now) -> Query {
    let mut query = Query::default();
    for piece in lexer::pieces(text) {
        if query.terms.len() == TERM_LIMIT {
            query.problems.push(Problem::TooMany);
            break;
        }
        let term = match term(&piece, now) {
            Ok(term) => term,
            Err(problem) => {
                query.problems.push(problem);
                None
            }
        };
        match term {
            Some(term) if piece.negated => query.terms.push(Term::Not(Box::new(term))),
            Some(term) => query.terms.push(term),
            None => {}
        }
    }
    query
}

/// The term of a piece, `None` when there is nothing to look for in it, or what is wrong with it.
fn term(piece: &Piece, now: Now) -> Result<Option<Term>, Problem> {
    let Some(prefix) = piece.prefix.as_deref() else {
        return Ok(words(Field::Anywhere, piece));
    };
    let value = piece.value.trim();
    let lower = value.to_lowercase();
    if value.is_empty() {
        return Err(Problem::Nothing(prefix.to_owned()));
    }
    let day = |written: &str| day::read(written, now).ok_or_else(|| Problem::NotADay(written.to_owned()));
    let unknown = || Problem::Unknown(prefix.to_owned(), value.to_owned());
    Ok(match prefix {
        "from" | "van" => words(Field::From, piece),
        "to" | "aan" => words(Field::To, piece),
        "subject" | "onderwerp" => words(Field::Subject, piece),
        "file" | "filename" | "bestand" => words(Field::Attachments, piece),
        "has" | "met" => match lower.as_str() {
            "attachment" | "attachments" | "bijlage" | "bijlagen" => Some(Term::HasAttachment),
            _ => return Err(unknown()),
        },
        "before" | "voor" => Some(Term::Before(day(value)?)),
        "after" | "since" | "na" | "sinds" => Some(Term::After(day(value)?)),
        "is" => Some(state(&lower).ok_or_else(unknown)?),
        "in" | "map" => folder(&lower, value),
        "contact" => match value.parse() {
            Ok(key) => Some(Term::Contact(key)),
            Err(_) => name(value).map(Term::ContactNamed),
        },
        "dossier" => match value.parse() {
            Ok(key) => Some(Term::Dossier(key)),
            Err(_) => name(value).map(Term::DossierNamed),
        },
        "account" | "mailbox" | "postvak" => match value.parse() {
            Ok(key) => Some(Term::Account(key)),
            Err(_) => name(value).map(Term::AccountNamed),
        },
        _ => None,
    })
}

fn words(field: Field, piece: &Piece) -> Option<Term> {
    let tokens = name(&piece.value)?;
    Some(Term::Words { field, tokens, prefix: piece.open_ended })
}

fn name(value: &str) -> Option<Vec<String>> {
    let folded = search::fold(value);
    let tokens: Vec<String> = search::tokens(&folded).map(str::to_owned).collect();
    (!tokens.is_empty()).then_some(tokens)
}

fn state(word: &str) -> Option<Term> {
    match word {
        "unread" | "ongelezen" | "nieuw" => Some(Term::Unread),
        "read" | "seen" | "gelezen" => Some(Term::Read),
        "flagged" | "starred" | "gemarkeerd" | "belangrijk" => Some(Term::Flagged),
        "private" | "prive" | "privé" | "vertrouwelijk" => Some(Term::Private),
        _ => None,
    }
}

fn folder(lower: &str, value: &str) -> Option<Term> {
    let role = match lower {
        "postvak in" | "inkomend" => Some(Role::Inbox),
        "verzonden" => Some(Role::Sent),
        "concepten" => Some(Role::Drafts),
        "spam" | "ongewenst" => Some(Role::Junk),
        "prullenbak" => Some(Role::Trash),
        "archief" => Some(Role::Archive),
        _ => Role::from_name(lower).filter(|role| *role != Role::None),
    };
    let folded = search::fold(value);
    role.map(Term::Role).or((!folded.is_empty()).then_some(Term::Folder(folded)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Now = Now { at_ms: 1_795_269_600_000, offset_seconds: 3600 };

    fn words(field: Field, tokens: &[&str]) -> Term {
        Term::Words { field, tokens: tokens.iter().map(|token| (*token).to_owned()).collect(), prefix: false }
    }

    #[test]
    fn words_phrases_and_prefixes_are_told_apart() {
        let query = parse("Één \"open  staande\" fact* back-up -spam «»", NOW);
        let open = Term::Words { field: Field::Anywhere, tokens: vec!["fact".into()], prefix: true };
        let expected = [
            words(Field::Anywhere, &["een"]),
            words(Field::Anywhere, &["open", "staande"]),
            open,
            words(Field::Anywhere, &["back", "up"]),
            Term::Not(Box::new(words(Field::Anywhere, &["spam"]))),
        ];
        assert_eq!(query, Query { terms: expected.into(), problems: vec![] });
    }

    #[test]
    fn prefixes_work_in_both_languages() {
        for (english, dutch) in [
            ("from:jan", "van:Jan"),
            ("to:info@x.nl", "aan:info@x.nl"),
            ("subject:\"nieuwe prijs\"", "onderwerp:\"nieuwe prijs\""),
            ("has:attachment", "met:bijlage"),
            ("before:2026-05-01", "voor:2026-05-01"),
            ("after:yesterday", "na:gisteren"),
            ("in:sent", "map:verzonden"),
            ("is:unread", "is:ongelezen"),
        ] {
            let (one, other) = (parse(english, NOW), parse(dutch, NOW));
            assert_eq!(one, other);
            assert!(one.terms.len() == 1 && one.problems.is_empty(), "{one:?}");
        }
        assert_eq!(parse("from:jan@x.nl", NOW).terms, [words(Field::From, &["jan", "x", "nl"])]);
        assert_eq!(parse("in:Klanten/Facturen", NOW).terms, [Term::Folder("klanten facturen".into())]);
        assert_eq!(parse("-is:read", NOW).terms, [Term::Not(Box::new(Term::Read))]);
    }

    #[test]
    fn links_are_named_by_id_or_by_words() {
        let key = ContactKey(77);
        assert_eq!(parse(&format!("contact:{key}"), NOW).terms, [Term::Contact(key)]);
        let named = parse("dossier:\"Dak Smit\" account:info", NOW).terms;
        assert_eq!(
            named,
            [Term::DossierNamed(vec!["dak".into(), "smit".into()]), Term::AccountNamed(vec!["info".into()])]
        );
    }

    #[test]
    fn what_is_not_understood_is_said_or_searched() {
        assert_eq!(parse("10:30", NOW).terms, [words(Field::Anywhere, &["10", "30"])]);
        assert_eq!(parse("https://x.nl", NOW).terms, [words(Field::Anywhere, &["https", "x", "nl"])]);
        let query = parse("before:morgenvroeg has:geld from: \"open", NOW);
        assert_eq!((query.terms.len(), query.problems.len()), (1, 3));
        assert_eq!(query.terms, [words(Field::Anywhere, &["open"])]);
        assert_eq!(query.problems[0].text(Language::English), "“morgenvroeg” is not a date; write yyyy-mm-dd.");
        assert_eq!(parse("", NOW), Query::default());
    }

    proptest! {
        #[test]
        fn any_text_is_a_question(text: String, at_ms: i64, offset_seconds: i32) {
            let query = parse(&text, Now { at_ms, offset_seconds });
            prop_assert!(query.terms.len() <= TERM_LIMIT);
        }
    }
}
