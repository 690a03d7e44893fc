//! Forms: what we send, byte for byte, and what we are posted. Values are bytes, because a letter may be one of them.

use bytes::Bytes;

/// A field of a form.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// The name of the file that it is, if it is one.
    pub file_name: Option<String>,
    /// The type of that file.
    pub kind: Option<String>,
    /// What is in it.
    pub value: Bytes,
}

impl Field {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.value).into_owned()
    }
}

/// A body of parts (RFC 7578) and its type: these fields, and a letter.
pub(super) fn in_parts(fields: &[(&str, &str)], letter: Option<&Bytes>) -> (String, Bytes) {
    // A boundary must not stand in what it bounds (RFC 2046 §5.1.1); 128 bits by chance don't.
    let boundary = format!("postkamer-{:032x}", rand::random::<u128>());
    let mut body = Vec::with_capacity(letter.map_or(0, Bytes::len) + 1024);
    for (name, value) in fields {
        let plain = value.replace(['\r', '\n'], " ");
        let part = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{plain}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    if let Some(letter) = letter {
        let about = "form-data; name=\"message\"; filename=\"message.mime\"\r\nContent-Type: message/rfc822";
        body.extend_from_slice(format!("--{boundary}\r\nContent-Disposition: {about}\r\n\r\n").as_bytes());
        body.extend_from_slice(letter);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body.into())
}

/// Percent-encoded for a path, a query or a form.
pub(super) fn encoded(text: &str) -> String {
    let one = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

/// The fields of a form that was posted the plain way (`application/x-www-form-urlencoded`), its values byte for byte: a
/// letter is not always UTF-8.
pub fn fields_of_form(body: &[u8]) -> Vec<Field> {
    let pairs = body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    let field = |pair: &[u8]| {
        let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let (name, value) = (decoded(&pair[..at]), decoded(pair.get(at + 1..).unwrap_or_default()));
        let name = String::from_utf8_lossy(&name).into_owned();
        Field { name, file_name: None, kind: None, value: value.into() }
    };
    pairs.map(field).collect()
}

fn decoded(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        let hex = |at: usize| tail.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (first, hex(0), hex(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                rest = &tail[2..];
            }
            (byte, ..) => {
                bytes.push(if *byte == b'+' { b' ' } else { *byte });
                rest = tail;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_in_a_form_comes_out_byte_for_byte() {
        let letter = b"Subject: caf\xe9 + 1%\r\n\r\n\x00\xff&=";
        let encoded: String = letter.iter().map(|byte| format!("%{byte:02x}")).collect();
        let fields = fields_of_form(format!("recipient=a%40x.nl&empty&body-mime={encoded}&b=een+twee").as_bytes());
        let value = |name: &str| fields.iter().find(|field| field.name == name).unwrap().value.clone();
        assert_eq!(value("body-mime"), &letter[..]);
        assert_eq!((value("recipient"), value("empty"), value("b")), ("a@x.nl".into(), "".into(), "een twee".into()));
    }

    #[test]
    fn a_file_lies_between_its_boundaries_untouched() {
        let (kind, body) =
            in_parts(&[("to", "a@x.nl"), ("v:x", "een\r\nX: y")], Some(&Bytes::from_static(b"From: x\r\n\r\n\xff")));
        let boundary = kind.split("boundary=").nth(1).unwrap();
        let text = String::from_utf8_lossy(&body);
        assert!(text.ends_with(&format!("\r\n--{boundary}--\r\n")) && text.contains("een  X: y"));
        assert!(body.windows(12).any(|window| window == b"From: x\r\n\r\n\xff"));
    }
}
