//! What every command takes: a flag wins over a variable, a variable over `postkamer.toml`.

use crate::{outcome::Failed, trouble::of_path, words};
use clap::Args;
use mailroom::words::Language;
use serde::Deserialize;
use std::path::PathBuf;

/// Options of every command that works on an installation.
#[derive(Debug, Args)]
pub struct Options {
    /// Folder with everything Postkamer keeps [default: ./postkamer-data]
    #[arg(long, global = true, env = "POSTKAMER_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// PostgreSQL URL [default: a SQLite file in the data folder]
    #[arg(long, global = true, env = "POSTKAMER_DATABASE", value_name = "URL", hide_env_values = true)]
    database: Option<String>,
    /// S3 URL (s3://bucket/prefix?endpoint=...) [default: files in the data folder]
    #[arg(long, global = true, env = "POSTKAMER_BLOBS", value_name = "URL", hide_env_values = true)]
    blobs: Option<String>,
    /// A network that outward connections may go to besides the public internet (repeat, or separate by commas)
    #[arg(long, global = true, env = "POSTKAMER_ALLOW_NETWORK", value_name = "CIDR", value_delimiter = ',')]
    allow_network: Option<Vec<String>>,
    /// Certificates (PEM) of an own authority to trust as well
    #[arg(long, global = true, env = "POSTKAMER_EXTRA_CA", value_name = "FILE")]
    extra_ca: Option<PathBuf>,
    /// Domain of our own addresses, to which mail is forwarded [default: postkamer.localhost]
    #[arg(long, global = true, env = "POSTKAMER_BASE_DOMAIN", value_name = "DOMAIN")]
    base_domain: Option<String>,
    /// Address of a simulator on this machine that stands in for Microsoft and Google
    #[arg(long, global = true, env = "POSTKAMER_SIMULATOR", value_name = "URL")]
    simulator: Option<String>,
    /// Settings file [default: postkamer.toml in the working folder, if it is there]
    #[arg(long, global = true, env = "POSTKAMER_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Language of every answer and of this help, nl or en [default: the system's (LC_ALL, LC_MESSAGES, LANG), else English]
    #[arg(long, global = true, env = "POSTKAMER_LANGUAGE", value_name = "LANGUAGE", value_parser = ["nl", "en"], hide_possible_values = true)]
    language: Option<String>,
    /// Answer as JSON
    #[arg(long, global = true)]
    json: bool,
}

/// The same in `postkamer.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    data: Option<PathBuf>,
    database: Option<String>,
    blobs: Option<String>,
    allow_network: Option<Vec<String>>,
    extra_ca: Option<PathBuf>,
    http: Option<String>,
    base_url: Option<String>,
    base_domain: Option<String>,
    simulator: Option<String>,
    smtp: Option<String>,
    smtp_certificate: Option<PathBuf>,
    smtp_key: Option<PathBuf>,
    smtp_proxy: Option<Vec<String>>,
}

/// The options with every source taken into account.
#[derive(Debug, Clone)]
pub struct Settled {
    /// The data folder.
    pub data: PathBuf,
    /// The data folder was named, not taken by default.
    pub data_was_named: bool,
    /// A database URL.
    pub database: Option<String>,
    /// A blob store URL.
    pub blobs: Option<String>,
    /// Allowed networks, as written.
    pub allow_network: Vec<String>,
    /// An own authority.
    pub extra_ca: Option<PathBuf>,
    /// Where to listen, from the file.
    pub http: Option<String>,
    /// Where people reach the page, from the file.
    pub base_url: Option<String>,
    /// The domain of our own addresses.
    pub base_domain: Option<String>,
    /// Where and how to take mail in, from the file.
    pub smtp: SmtpSettled,
    /// What stands in for Microsoft and Google.
    pub simulator: Option<String>,
    /// Of every answer.
    pub language: Language,
    /// Answer as JSON.
    pub json: bool,
}

/// Where and how mail is taken in, as far as the file says.
#[derive(Debug, Clone, Default)]
pub struct SmtpSettled {
    /// Where to listen.
    pub address: Option<String>,
    /// The certificate chain, PEM.
    pub certificate: Option<PathBuf>,
    /// Its key, PEM.
    pub key: Option<PathBuf>,
    /// Networks of proxies, as written.
    pub proxies: Vec<String>,
}

impl Options {
    /// Reads the settings file and fills in what neither flag nor variable gave.
    /// `language` is what the system speaks.
    pub fn resolved(self, language: Language) -> Result<Settled, Failed> {
        let file = match &self.config {
            Some(path) => read(path)?,
            None => {
                let path = PathBuf::from("postkamer.toml");
                if path.exists() { read(&path)? } else { File::default() }
            }
        };
        let named = self.data.or(file.data);
        Ok(Settled {
            data_was_named: named.is_some(),
            data: named.unwrap_or_else(|| PathBuf::from("postkamer-data")),
            database: self.database.or(file.database),
            blobs: self.blobs.or(file.blobs),
            allow_network: self.allow_network.or(file.allow_network).unwrap_or_default(),
            extra_ca: self.extra_ca.or(file.extra_ca),
            simulator: self.simulator.or(file.simulator),
            http: file.http,
            base_url: file.base_url,
            base_domain: self.base_domain.or(file.base_domain),
            smtp: SmtpSettled {
                address: file.smtp,
                certificate: file.smtp_certificate,
                key: file.smtp_key,
                proxies: file.smtp_proxy.unwrap_or_default(),
            },
            language: self.language.map_or(language, |code| mailroom::words::language(&code)),
            json: self.json,
        })
    }
}

fn read(path: &PathBuf) -> Result<File, Failed> {
    let text =
        std::fs::read_to_string(path).map_err(|error| Failed::new("config", of_path(words::NOT_READ, path, &error)))?;
    toml::from_str(&text).map_err(|error| {
        let facts = [("path", &*path.display().to_string()), ("why", &*error.to_string())];
        Failed::new("config", words::BAD_SETTINGS.with(&facts))
    })
}
