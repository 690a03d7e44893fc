//! Help with what people type: blanks, `DOMAIN\name`, a bare server name for Exchange (features M7).

/// The text without white space around it, the kinds that come along with pasting included.
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(|character: char| {
        character.is_whitespace() || matches!(character, '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{2060}')
    })
}

/// `DOMAIN\name` as `name@domain`; anything else comes back as it is.
///
/// The short Windows name of a domain has no dot in it: then the mailbox's own domain takes its place, because
/// `name@DOMAIN` is an address nowhere.
pub fn user_name(typed: &str, address: &str) -> String {
    let typed = trimmed(typed);
    let Some((domain, name)) = typed.split_once('\\') else { return typed.to_owned() };
    if name.is_empty() || name.contains('\\') {
        return typed.to_owned();
    }
    if name.contains('@') {
        return name.to_owned();
    }
    let own = address.rsplit_once('@').map(|(_, own)| own);
    let domain = if domain.contains('.') { domain } else { own.unwrap_or(domain) };
    format!("{name}@{}", domain.to_lowercase())
}

/// The full address of an Exchange server from what was typed: a bare name gets scheme and path.
pub fn exchange_url(typed: &str) -> String {
    let typed = trimmed(typed);
    let (scheme, rest) = match typed.split_once("://") {
        Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
        None => ("https".to_owned(), typed),
    };
    match rest.split_once('/') {
        Some((host, path)) if !path.is_empty() => format!("{scheme}://{host}/{path}"),
        _ => format!("{scheme}://{}/ews/exchange.asmx", rest.trim_end_matches('/')),
    }
}

/// Whether this can be the name or the address of a server: no scheme, path, blank or user in it.
pub fn is_host(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    if bare.parse::<std::net::IpAddr>().is_ok() {
        return true;
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    !name.is_empty()
        && name.chars().count() <= 253
        && name.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|character| character.is_alphanumeric() || matches!(character, '-' | '_'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_names_become_addresses() {
        assert_eq!(user_name(" jan@voorbeeld.nl\t", "x@y.nl"), "jan@voorbeeld.nl");
        assert_eq!(user_name("VOORBEELD\\jan", "info@voorbeeld.nl"), "jan@voorbeeld.nl");
        assert_eq!(user_name("Voorbeeld.Local\\jan", "info@voorbeeld.nl"), "jan@voorbeeld.local");
        assert_eq!(user_name("\\jan", "info@voorbeeld.nl"), "jan@voorbeeld.nl");
        assert_eq!(user_name("a\\b\\c", "info@voorbeeld.nl"), "a\\b\\c");
    }

    #[test]
    fn a_bare_server_name_becomes_the_address_of_exchange() {
        let full = "https://mail.voorbeeld.nl/ews/exchange.asmx";
        for typed in ["mail.voorbeeld.nl", " https://mail.voorbeeld.nl/ ", "HTTPS://mail.voorbeeld.nl", full] {
            assert_eq!(exchange_url(typed), full, "{typed}");
        }
    }

    #[test]
    fn a_host_is_a_name_or_an_address_and_nothing_more() {
        for host in ["imap.voorbeeld.nl", "127.0.0.1", "::1", "[::1]", "localhost", "münchen.de", "a_b.nl."] {
            assert!(is_host(host), "{host}");
        }
        for host in ["", "https://a.nl", "a.nl/x", "a b.nl", "a..nl", "-a.nl", "u@a.nl", "a.nl:993", "a\r\nb"] {
            assert!(!is_host(host), "{host}");
        }
    }
}
