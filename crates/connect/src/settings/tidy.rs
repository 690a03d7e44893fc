//! Help with what people type and paste (features M7). A secret that is kept is never changed, only warned about.

use crate::Secret;

/// Something about a secret that is known to go wrong on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case", tag = "code", content = "character")]
pub enum WarningCode {
    /// A character that some server or program on the way loses or changes.
    FragileCharacter(char),
    /// It begins with white space, often pasted along.
    LeadingBlank,
    /// It ends with white space, often pasted along.
    TrailingBlank,
}

/// A server name without what people paste around it: blanks, a scheme, a path, a port, a dot at the end.
pub fn tidy_host(typed: &str) -> String {
    let text: String = typed.chars().filter(|c| !is_blank(*c)).collect();
    let text = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let host = text.split('/').next().unwrap_or_default();
    // A name with one colon has a port behind it; an IPv6 address has more of them.
    let host = match host.split_once(':') {
        Some((name, port)) if !port.contains(':') && !name.starts_with('[') => name,
        _ => host,
    };
    host.trim_end_matches('.').to_lowercase()
}

/// A user name or address without the white space around it.
pub fn tidy_name(typed: &str) -> String {
    typed.trim_matches(is_blank).to_owned()
}

/// A user name as Exchange wants it: `DOMAIN\name` becomes `name@domain`.
///
/// The part before the backslash is often a short Windows name that no mail server knows; then the domain of the
/// account's address is the better guess.
pub fn tidy_exchange_name(typed: &str, address: &str) -> String {
    let name = tidy_name(typed);
    let Some((domain, local)) = name.split_once('\\') else { return name };
    if local.is_empty() || local.contains('@') {
        return local.to_owned();
    }
    let of_address = address.rsplit_once('@').map(|(_, domain)| domain).filter(|domain| !domain.is_empty());
    let domain = if domain.contains('.') { domain } else { of_address.unwrap_or(domain) };
    format!("{local}@{}", domain.to_lowercase())
}

/// The full address of Exchange Web Services: what was typed when it is one, else made from the server's name.
pub fn ews_address(typed: &str) -> String {
    let text = tidy_name(typed);
    match text.split_once("://") {
        Some((_, rest)) if rest.trim_end_matches('/').contains('/') => text,
        _ => format!("https://{}/ews/exchange.asmx", tidy_host(&text)),
    }
}

/// What may go wrong with this secret. The secret itself stays byte for byte as it was typed.
pub fn secret_warnings(secret: &str) -> Vec<WarningCode> {
    let mut warnings = Vec::new();
    if secret.starts_with(is_blank) {
        warnings.push(WarningCode::LeadingBlank);
    }
    if secret.ends_with(is_blank) {
        warnings.push(WarningCode::TrailingBlank);
    }
    for c in secret.chars() {
        let fragile =
            matches!(c, '*' | '\'' | '\u{2018}' | '\u{2019}' | '\\' | '`' | '\u{201c}' | '\u{201d}' | '~' | '€' | '^');
        if fragile && !warnings.contains(&WarningCode::FragileCharacter(c)) {
            warnings.push(WarningCode::FragileCharacter(c));
        }
    }
    warnings
}

/// An app password of Google's as it is meant: sixteen letters, which Google shows in four groups with blanks between them
/// (support.google.com/accounts/answer/185833). `None` when it is something else: that goes on the line as it is.
pub(crate) fn app_password(secret: &Secret) -> Option<Secret> {
    let groups: Vec<&[u8]> = secret.reveal().split(|byte| *byte == b' ').collect();
    let is_group = |group: &&[u8]| group.len() == 4 && group.iter().all(u8::is_ascii_alphabetic);
    (groups.len() == 4 && groups.iter().all(is_group)).then(|| Secret::new(groups.concat()))
}

/// White space, also the kinds that don't show.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pasted_server_names_are_cleaned() {
        for typed in
            [" mail.Example.test ", "https://mail.example.test/owa", "mail.example.test.", "mail.example.test:993"]
        {
            assert_eq!(tidy_host(typed), "mail.example.test", "{typed:?}");
        }
        assert_eq!(tidy_host("2001:db8::1"), "2001:db8::1");
    }

    #[test]
    fn a_windows_name_becomes_an_address() {
        assert_eq!(tidy_exchange_name(" SHOP\\jan ", "info@shop.test"), "jan@shop.test");
        assert_eq!(tidy_exchange_name("corp.shop.test\\jan", "info@shop.test"), "jan@corp.shop.test");
        assert_eq!(tidy_exchange_name("jan@shop.test", "info@shop.test"), "jan@shop.test");
    }

    #[test]
    fn a_bare_server_name_becomes_the_address_of_its_service() {
        assert_eq!(ews_address("remote.shop.test"), "https://remote.shop.test/ews/exchange.asmx");
        assert_eq!(ews_address("https://remote.shop.test/"), "https://remote.shop.test/ews/exchange.asmx");
        assert_eq!(ews_address("https://x.test/EWS/Exchange.asmx"), "https://x.test/EWS/Exchange.asmx");
    }

    #[test]
    fn the_blanks_that_google_shows_in_an_app_password_are_no_part_of_it() {
        let meant = |typed: &str| app_password(&Secret::new(typed)).map(|secret| secret.reveal().to_vec());
        assert_eq!(meant("abcd efgh ijkl mnop"), Some(b"abcdefghijklmnop".to_vec()));
        for other in
            ["abcdefghijklmnop", "abcd efgh ijkl", "abcd efgh ijkl mno1", "een zin met vier", " abcd efgh ijkl mnop"]
        {
            assert_eq!(meant(other), None, "{other}");
        }
    }

    #[test]
    fn fragile_characters_in_a_secret_are_named_once() {
        use WarningCode::{FragileCharacter, TrailingBlank};
        assert_eq!(secret_warnings("a^b^*c "), [TrailingBlank, FragileCharacter('^'), FragileCharacter('*')]);
        assert_eq!(secret_warnings("plain!#$%&()"), []);
    }
}
