//! `{{name}}` in a template becomes the value of that name. Nothing else is possible, on purpose: a template that could
//! compute could also read what it should not.

use crate::words::{FieldError, field};
use std::collections::BTreeMap;

/// The text with every `{{name}}` filled in; in HTML the values are escaped. A value that is missing is an error that
/// names it, so that no customer ever reads "Dear {{name}}".
pub fn filled(text: &str, values: &BTreeMap<String, String>, in_html: bool, errors: &mut Vec<FieldError>) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        let Some(length) = rest[open + 2..].find("}}") else { break };
        let name = rest[open + 2..open + 2 + length].trim();
        out.push_str(&rest[..open]);
        match values.get(name) {
            Some(value) if in_html => escape(value, &mut out),
            Some(value) => out.push_str(value),
            None => {
                let field = format!("values.{name}");
                if !errors.iter().any(|error| error.field == field) {
                    errors.push(FieldError::new(field, field::VALUE_MISSING));
                }
            }
        }
        rest = &rest[open + 2 + length + 2..];
    }
    out + rest
}

/// The names of the holes, each once, in the order of the text.
pub fn holes(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for piece in text.split("{{").skip(1) {
        let Some((name, _)) = piece.split_once("}}") else { continue };
        if !names.iter().any(|known| known == name.trim()) {
            names.push(name.trim().to_owned());
        }
    }
    names
}

fn escape(value: &str, out: &mut String) {
    for character in value.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(text: &str, html: bool) -> (String, Vec<String>) {
        let values = [("naam", "Jan & <b>"), ("hol", "{{naam}}")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        let mut errors = Vec::new();
        let filled = filled(text, &values.into(), html, &mut errors);
        (filled, errors.into_iter().map(|error| error.field).collect())
    }

    #[test]
    fn values_are_escaped_in_html_and_only_there() {
        assert_eq!(fill("Dag {{ naam }}!", true).0, "Dag Jan &amp; &lt;b&gt;!");
        assert_eq!(fill("Dag {{naam}}!", false).0, "Dag Jan & <b>!");
    }

    #[test]
    fn a_missing_value_is_named_once() {
        assert_eq!(fill("{{a}} {{a}} {{b}}", false).1, ["values.a", "values.b"]);
    }

    #[test]
    fn a_value_is_never_read_as_a_template() {
        assert_eq!(fill("{{hol}}", false).0, "{{naam}}");
        assert_eq!(fill("{{ open", false).0, "{{ open");
    }

    #[test]
    fn a_hole_is_asked_for_once() {
        assert_eq!(holes("Dag {{ naam }}, {{zaak}} van {{naam}} {{ open"), ["naam", "zaak"]);
    }
}
