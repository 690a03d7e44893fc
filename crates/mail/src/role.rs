//! What a folder is for (RFC 6154), and how we guess it when the server doesn't say.

use serde::{Deserialize, Serialize};

/// The role of a folder, by the names of the API.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Where new mail arrives.
    Inbox,
    /// Copies of what was sent.
    Sent,
    /// Being written.
    Drafts,
    /// Unwanted mail.
    Junk,
    /// Thrown away.
    Trash,
    /// Kept out of sight.
    Archive,
    /// An ordinary folder.
    #[default]
    None,
}

impl Role {
    /// The name in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Inbox => "inbox",
            Role::Sent => "sent",
            Role::Drafts => "drafts",
            Role::Junk => "junk",
            Role::Trash => "trash",
            Role::Archive => "archive",
            Role::None => "none",
        }
    }

    /// The role of that name.
    pub fn from_name(name: &str) -> Option<Role> {
        [Role::Inbox, Role::Sent, Role::Drafts, Role::Junk, Role::Trash, Role::Archive, Role::None]
            .into_iter()
            .find(|role| role.as_str() == name)
    }
}

/// What a folder is for by its name, in the languages that mail programs here use (features M18, pains P18). `path` is
/// the decoded name as the server shows it, `separator` stands between its levels.
pub fn guess(path: &str, separator: Option<char>) -> Role {
    let levels: Vec<&str> = match separator {
        Some(separator) => path.split(separator).collect(),
        None => vec![path],
    };
    // `INBOX.Sent` and `[Gmail]/Verzonden berichten` stand for themselves; a folder deeper down is a person's own.
    let name = match levels.as_slice() {
        [only] => only,
        [first, second] if first.eq_ignore_ascii_case("inbox") || first.starts_with('[') => second,
        _ => return Role::None,
    };
    let name = name.trim().to_lowercase();
    if name == "inbox" {
        return Role::Inbox;
    }
    let known = NAMES.iter().find(|(_, names)| names.contains(&name.as_str()));
    known.map_or(Role::None, |(role, _)| *role)
}

const NAMES: &[(Role, &[&str])] = &[
    (
        Role::Sent,
        &[
            "sent",
            "sent items",
            "sent mail",
            "sent messages",
            "sent-mail",
            "sent_mail",
            "outbox sent",
            "verzonden",
            "verzonden items",
            "verzonden berichten",
            "verzonden e-mail",
            "verstuurd",
            "verstuurde items",
            "envoyés",
            "éléments envoyés",
            "messages envoyés",
            "courrier envoyé",
            "gesendet",
            "gesendete elemente",
            "gesendete objekte",
            "enviados",
            "elementos enviados",
            "inviati",
            "posta inviata",
        ],
    ),
    (Role::Drafts, &["drafts", "draft", "concepten", "concept", "brouillons", "entwürfe", "borradores", "bozze"]),
    (
        Role::Junk,
        &[
            "junk",
            "junk e-mail",
            "junk email",
            "junk mail",
            "spam",
            "bulk mail",
            "ongewenste mail",
            "ongewenste e-mail",
            "ongewenst",
            "reclame",
            "courrier indésirable",
            "indésirables",
            "pourriel",
            "junk-e-mail",
            "spamverdacht",
            "unerwünscht",
            "correo no deseado",
            "posta indesiderata",
        ],
    ),
    (
        Role::Trash,
        &[
            "trash",
            "deleted",
            "deleted items",
            "deleted messages",
            "bin",
            "prullenbak",
            "prullenmand",
            "verwijderde items",
            "verwijderd",
            "verwijderde berichten",
            "corbeille",
            "éléments supprimés",
            "messages supprimés",
            "papierkorb",
            "gelöscht",
            "gelöschte elemente",
            "gelöschte objekte",
            "papelera",
            "cestino",
        ],
    ),
    (
        Role::Archive,
        &[
            "archive",
            "archives",
            "archief",
            "archiv",
            "archivo",
            "archivio",
            "all mail",
            "alle e-mail",
            "alle berichten",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_known_by_their_dutch_french_german_and_english_names() {
        for (path, separator, role) in [
            ("Verzonden items", '/', Role::Sent),
            ("INBOX.Sent", '.', Role::Sent),
            ("[Gmail]/Prullenbak", '/', Role::Trash),
            ("Ongewenste mail", '/', Role::Junk),
            ("Entwürfe", '/', Role::Drafts),
            ("Éléments envoyés", '/', Role::Sent),
            ("inbox", '/', Role::Inbox),
            ("Klanten/Verzonden", '/', Role::None),
            ("Facturen", '/', Role::None),
        ] {
            assert_eq!(guess(path, Some(separator)), role, "{path}");
        }
    }
}
