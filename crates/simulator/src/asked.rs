//! A request as it was asked, and an answer to it, apart from any server: so that `$batch` can ask the same way.

use serde_json::Value;
use std::collections::HashMap;

/// A request.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// `GET`, `POST`, ...
    pub method: String,
    /// The path in pieces, decoded; without the version.
    pub path: Vec<String>,
    /// The query, decoded. OData's names keep their dollar.
    pub query: HashMap<String, String>,
    /// The same in its order, with names that come again.
    pub pairs: Vec<(String, String)>,
    /// Headers by their names in small letters; several `Prefer` are joined by commas.
    pub headers: HashMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

/// An answer.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body, empty for none.
    pub body: Vec<u8>,
    /// The connection ends in the middle of the body.
    pub is_cut: bool,
}

impl Asked {
    /// One of a method, an address below the version, headers and a body.
    pub fn new(method: &str, url: &str, headers: HashMap<String, String>, body: Vec<u8>) -> Asked {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let path = path.split('/').filter(|piece| !piece.is_empty()).map(|piece| decoded(piece, false)).collect();
        let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name, true), decoded(value, true))
        });
        let pairs: Vec<(String, String)> = pairs.collect();
        let query = pairs.iter().cloned().collect();
        Asked { method: method.to_owned(), path, query, pairs, headers, body }
    }

    /// What the query says under this name.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// Everything that the query says under this name.
    pub fn all(&self, name: &str) -> Vec<String> {
        self.pairs.iter().filter(|(known, _)| known == name).map(|(_, value)| value.clone()).collect()
    }

    /// Whether a header holds this word, however it is written.
    pub fn prefers(&self, word: &str) -> bool {
        let squeezed = |text: &str| text.replace([' ', '"'], "").to_lowercase();
        self.headers.get("prefer").is_some_and(|said| squeezed(said).split([',', ';']).any(|one| one == squeezed(word)))
    }

    /// The number after this name in `Prefer`.
    pub fn preferred(&self, name: &str) -> Option<usize> {
        let said = self.headers.get("prefer")?.replace(' ', "");
        said.split([',', ';']).find_map(|one| one.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
    }

    /// The body as JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

impl Reply {
    /// JSON with this status.
    pub fn json(status: u16, value: &Value) -> Reply {
        let headers = vec![("content-type", "application/json; odata.metadata=minimal".to_owned())];
        Reply { status, headers, body: value.to_string().into_bytes(), is_cut: false }
    }

    /// Nothing but a status: such an answer has no type either, which one client insists on.
    pub fn bare(status: u16) -> Reply {
        Reply { status, ..Reply::default() }
    }
}

/// Percent-decoded; in a query a plus is a blank.
pub fn decoded(text: &str, in_query: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = |at: usize| tail.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (first, hex(0), hex(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                rest = &tail[2..];
            }
            (b'+', ..) if in_query => {
                bytes.push(b' ');
                rest = tail;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Percent-encoded, so that it can stand anywhere in an address.
pub fn encoded(text: &str) -> String {
    let one = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart_as_it_was_put_together() {
        let id = "AAMk/=+ é";
        let url = format!("/me/messages/{}?$filter=a%20eq+'b'&x", encoded(id));
        let headers = HashMap::from([("prefer".to_owned(), "IdType=\"ImmutableId\", odata.maxpagesize=7".to_owned())]);
        let asked = Asked::new("GET", &url, headers, Vec::new());
        assert_eq!(asked.path, ["me", "messages", id]);
        assert_eq!((asked.query("$filter"), asked.query("x")), (Some("a eq 'b'"), Some("")));
        assert!(asked.prefers("IdType=ImmutableId") && !asked.prefers("IdType=Other"));
        assert_eq!(asked.preferred("odata.maxpagesize"), Some(7));
    }
}
