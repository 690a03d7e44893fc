//! Why an installation can't be used as it is, in the words an administrator reads.

use mail::display::Language;
use std::{fmt, path::PathBuf};

/// Why an installation can't be used as it is. Each holds the facts that the administrator needs to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// The database's URL can't be read: what is wrong with it.
    DatabaseUrl(String),
    /// PostgreSQL can't be reached or lets us not in: what it or the system said.
    DatabaseSilent(String),
    /// The line to PostgreSQL can't be protected as the URL asks: why.
    DatabaseTls(String),
    /// PostgreSQL shows a certificate that is not to be trusted: why.
    DatabaseCertificate(String),
    /// The blob store can't be used.
    BlobStore {
        /// As it was given.
        url: String,
        /// What is wrong.
        why: String,
    },
    /// Another process has the data folder.
    InUse(PathBuf),
    /// There are messages but no database that names them.
    DatabaseGone {
        /// Where the messages are.
        blobs: PathBuf,
        /// Where the database should be.
        database: PathBuf,
    },
    /// A newer program wrote the database.
    NewerSchema {
        /// The number of its last migration.
        found: i64,
        /// The number of our last migration.
        known: usize,
    },
    /// There are secrets but no key file.
    KeyGone(PathBuf),
    /// The key file can't be read as one.
    KeyDamaged(PathBuf),
    /// The key file belongs to another database.
    KeyOfAnother,
}

impl Unfit {
    /// What happened, to what, and what to do.
    pub fn say(&self, language: Language) -> String {
        let (nl, en) = self.both();
        match language {
            Language::Dutch => nl,
            Language::English => en,
        }
    }

    /// Dutch, English.
    fn both(&self) -> (String, String) {
        match self {
            Unfit::DatabaseUrl(why) => (
                format!("Het adres van de database is niet te lezen: {why}. Verbeter --database."),
                format!("The database URL can't be read: {why}. Correct --database."),
            ),
            Unfit::DatabaseSilent(why) => {
                (format!("PostgreSQL antwoordt niet: {why}."), format!("PostgreSQL does not answer: {why}."))
            }
            Unfit::DatabaseTls(why) => (
                format!(
                    "De verbinding met PostgreSQL kan niet worden versleuteld zoals sslmode vraagt: {why}. Zet TLS aan op die \
                     server, of vraag met sslmode om minder."
                ),
                format!(
                    "The connection to PostgreSQL can't be encrypted as sslmode asks: {why}. Switch TLS on at that server, or \
                     ask for less with sslmode."
                ),
            ),
            Unfit::DatabaseCertificate(why) => (
                format!(
                    "Het certificaat van PostgreSQL is niet te vertrouwen: {why}. Gebruik de naam die in het certificaat staat, \
                     en noem met sslrootcert de instantie die het ondertekende."
                ),
                format!(
                    "The certificate of PostgreSQL is not to be trusted: {why}. Use the name that is in the certificate, and \
                     name the authority that signed it with sslrootcert."
                ),
            ),
            Unfit::BlobStore { url, why } => (
                format!("De opslag {url} is niet te gebruiken: {why}."),
                format!("The blob store {url} can't be used: {why}."),
            ),
            Unfit::InUse(data) => (
                format!(
                    "Een andere Postkamer werkt in {}. Stop die eerst, of noem een andere map met --data.",
                    data.display()
                ),
                format!(
                    "Another Postkamer works in {}. Stop it first, or name another folder with --data.",
                    data.display()
                ),
            ),
            Unfit::DatabaseGone { blobs, database } => (
                format!(
                    "Er zijn berichten in {} maar er is geen database in {}. Zet de database terug, of begin in een lege map.",
                    blobs.display(),
                    database.display()
                ),
                format!(
                    "There are messages in {} but no database in {}. Put back the database, or start in an empty folder.",
                    blobs.display(),
                    database.display()
                ),
            ),
            Unfit::NewerSchema { found, known } => (
                format!(
                    "De database is geschreven door een nieuwere Postkamer (schema {found}, dit programma kent {known}). Gebruik \
                     die versie."
                ),
                format!(
                    "The database was written by a newer Postkamer (schema {found}, this program knows {known}). Use that version."
                ),
            ),
            Unfit::KeyGone(file) => (
                format!(
                    "Het sleutelbestand {} is er niet, en zonder is geen mailboxwachtwoord te lezen. Zet een kopie terug.",
                    file.display()
                ),
                format!(
                    "The key file {} is not there, and without it no mailbox password can be read. Put back a copy of it.",
                    file.display()
                ),
            ),
            Unfit::KeyDamaged(file) => (
                format!("Het sleutelbestand {} is beschadigd. Zet een kopie terug.", file.display()),
                format!("The key file {} is damaged. Put back a copy of it.", file.display()),
            ),
            Unfit::KeyOfAnother => (
                "Het sleutelbestand past niet bij deze database. Zet het sleutelbestand terug dat erbij hoort.".into(),
                "The key file does not open this database. Put back the key file that belongs to it.".into(),
            ),
        }
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(Language::English))
    }
}
