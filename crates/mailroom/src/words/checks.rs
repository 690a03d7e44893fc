//! Rules that several forms share, whoever sends them: a program or the page.

use super::{FieldError, Refusal, all_well, field};
use mail::Address;
use store::external::External;

/// More addresses, members or contacts at once are a mistake.
const MOST: usize = 1000;

/// Collects what is wrong with a form, so that all of it is told at once.
#[derive(Default)]
pub struct Checks(Vec<FieldError>);

impl Checks {
    /// A line of text: something in it, no control characters, at most so many characters.
    pub fn line(&mut self, name: &str, line: &str, most: usize) {
        if line.trim().is_empty() {
            self.wrong(name, field::REQUIRED);
        } else if line.contains(char::is_control) {
            self.wrong(name, field::LINE_BREAK);
        } else {
            self.prose(name, line, most);
        }
    }

    /// A text of several lines with something in it, of at most so many characters.
    pub fn text(&mut self, name: &str, text: &str, most: usize) {
        if text.trim().is_empty() {
            self.wrong(name, field::REQUIRED);
        } else {
            self.prose(name, text, most);
        }
    }

    /// A text of several lines that may be empty, of at most so many characters.
    pub fn prose(&mut self, name: &str, prose: &str, most: usize) {
        if prose.chars().count() > most {
            self.wrong(name, field::TOO_LONG);
        }
    }

    /// The name and the kind of a contact or dossier, as far as they are given.
    pub fn named(&mut self, name: Option<&str>, kind: Option<&str>) {
        if let Some(name) = name {
            self.line("name", name, 500);
        }
        if let Some(kind) = kind.filter(|kind| !kind.is_empty()) {
            self.line("kind", kind, 100);
        }
    }

    /// How the business software calls it.
    pub fn external(&mut self, external: Option<&External>) {
        if let Some(external) = external {
            self.line("external.source", &external.source, 100);
            self.line("external.id", &external.id, 200);
        }
    }

    /// A list that is not endless.
    pub fn list<T>(&mut self, name: &str, list: &[T]) {
        if list.len() > MOST {
            self.wrong(name, field::TOO_MANY);
        }
    }

    /// E-mail addresses.
    pub fn addresses(&mut self, name: &str, addresses: &[String]) {
        self.list(name, addresses);
        for (n, address) in addresses.iter().take(MOST).enumerate() {
            self.address(&format!("{name}[{n}]"), address.trim());
        }
    }

    /// One e-mail address, without a name.
    pub fn address(&mut self, name: &str, address: &str) {
        if address.len() > 320 || Address::parse(address).is_none_or(|read| read.address != address) {
            self.wrong(name, field::NOT_AN_ADDRESS);
        }
    }

    /// Notes that this field can't be used.
    pub fn wrong(&mut self, name: impl Into<String>, why: field::Why) {
        self.0.push(FieldError::new(name, why));
    }

    /// `Ok` when nothing was wrong.
    pub fn done(self) -> Result<(), Refusal> {
        all_well(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(check: impl FnOnce(&mut Checks)) -> Vec<(String, &'static str)> {
        let mut checks = Checks::default();
        check(&mut checks);
        checks.0.into_iter().map(|error| (error.field, error.code)).collect()
    }

    #[test]
    fn everything_that_is_wrong_is_told_by_its_field() {
        let found = codes(|checks| {
            checks.line("name", " ", 5);
            checks.line("subject", "a\nb", 5);
            checks.line("title", "zes123", 5);
            checks.addresses("addresses", &["jan@x.nl".into(), "jan".into()]);
        });
        let found: Vec<_> = found.iter().map(|(field, code)| (field.as_str(), *code)).collect();
        assert_eq!(
            found,
            [
                ("name", "required"),
                ("subject", "line_break"),
                ("title", "too_long"),
                ("addresses[1]", "not_an_address")
            ]
        );
    }
}
