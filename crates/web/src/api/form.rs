//! Rules that several forms share.

use mail::Address;
use mailroom::words::{FieldError, Refusal, text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the business software calls something.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = External, example = json!({"source": "crm", "id": "1042"}))]
pub(super) struct ExternalForm {
    /// Which software.
    #[schema(min_length = 1, max_length = 100)]
    pub(super) source: String,
    /// Its own id there.
    #[schema(min_length = 1, max_length = 200)]
    pub(super) id: String,
}

impl From<store::contact::External> for ExternalForm {
    fn from(store::contact::External { source, id }: store::contact::External) -> ExternalForm {
        ExternalForm { source, id }
    }
}

impl From<ExternalForm> for store::contact::External {
    fn from(ExternalForm { source, id }: ExternalForm) -> store::contact::External {
        store::contact::External { source, id }
    }
}

/// Collects what is wrong with a form, so that all of it is told at once.
#[derive(Default)]
pub(super) struct Checks(Vec<FieldError>);

impl Checks {
    /// A line of text: something in it, no control characters, not too long.
    pub(super) fn line(&mut self, field: &str, line: &str, most: usize) {
        if line.trim().is_empty() {
            self.wrong(field, ("required", text("Dit veld mag niet leeg zijn.", "This field can't be empty.")));
        } else if line.contains(char::is_control) {
            let words = text(
                "Regeleinden en stuurtekens kunnen hier niet.",
                "Line breaks and control characters can't be here.",
            );
            self.wrong(field, ("control_characters", words));
        } else if line.chars().count() > most {
            self.wrong(field, ("too_long", text("Dit is te lang.", "This is too long.")));
        }
    }

    /// A text of several lines that may be empty.
    pub(super) fn prose(&mut self, field: &str, prose: &str, most: usize) {
        if prose.chars().count() > most {
            self.wrong(field, ("too_long", text("Dit is te lang.", "This is too long.")));
        }
    }

    /// How the business software calls it.
    pub(super) fn external(&mut self, external: Option<&ExternalForm>) {
        if let Some(external) = external {
            self.line("external.source", &external.source, 100);
            self.line("external.id", &external.id, 200);
        }
    }

    /// E-mail addresses.
    pub(super) fn addresses(&mut self, field: &str, addresses: &[String]) {
        if addresses.len() > 1000 {
            self.wrong(
                field,
                ("too_many", text("Meer dan 1000 adressen kan niet.", "There can't be more than 1000 addresses.")),
            );
            return;
        }
        for (n, address) in addresses.iter().enumerate() {
            self.address(&format!("{field}[{n}]"), address.trim());
        }
    }

    /// One e-mail address, without a name.
    pub(super) fn address(&mut self, field: &str, address: &str) {
        if address.len() > 320 || Address::parse(address).is_none_or(|read| read.address != address) {
            self.wrong(field, mailroom::words::field::NOT_AN_ADDRESS);
        }
    }

    pub(super) fn wrong(&mut self, field: &str, why: (&'static str, mailroom::words::Text)) {
        self.0.push(FieldError::new(field, why));
    }

    /// `Ok` when nothing was wrong.
    pub(super) fn done(self) -> Result<(), Refusal> {
        if self.0.is_empty() { Ok(()) } else { Err(Refusal::Invalid { errors: self.0 }) }
    }
}
