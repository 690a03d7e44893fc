//! Parts: texts and files, encoded so that any server passes them on unchanged.

use super::{
    Attached, ComposeError, Unwritable,
    header::{Writer, check},
};
use base64::{Engine, engine::general_purpose::STANDARD};

/// A node of the tree of parts.
pub(super) enum Part {
    /// `multipart/...` of these.
    Several(&'static str, Vec<Part>),
    /// One body.
    One(One),
}

pub(super) struct One {
    kind: String,
    parameters: Vec<(&'static str, String)>,
    /// `inline` or `attachment`, and the file's name.
    file: Option<(&'static str, String)>,
    content_id: Option<String>,
    encoding: &'static str,
    body: Vec<u8>,
}

impl Part {
    pub(super) fn write(&self, writer: &mut Writer, seed: &str) {
        match self {
            Part::One(one) => one.write(writer),
            Part::Several(kind, parts) => {
                // The equals sign followed by an underscore stands in no encoded body.
                let boundary = format!("=_{kind}_{seed}");
                writer.parameters("Content-Type", &format!("multipart/{kind}"), &[("boundary", &boundary)]);
                for part in parts {
                    writer.out.extend_from_slice(format!("\r\n--{boundary}\r\n").as_bytes());
                    part.write(writer, seed);
                }
                writer.out.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
            }
        }
    }
}

impl One {
    fn write(&self, writer: &mut Writer) {
        let parameters: Vec<(&str, &str)> = self.parameters.iter().map(|(key, value)| (*key, value.as_str())).collect();
        writer.parameters("Content-Type", &self.kind, &parameters);
        if let Some((disposition, name)) = &self.file {
            writer.parameters("Content-Disposition", disposition, &[("filename", name)]);
        }
        if let Some(id) = &self.content_id {
            writer.plain("Content-ID", &format!("<{id}>"));
        }
        writer.plain("Content-Transfer-Encoding", self.encoding);
        writer.out.extend_from_slice(b"\r\n");
        writer.out.extend_from_slice(&self.body);
    }
}

/// A text part of the message itself.
pub(super) fn text(kind: &str, text: &str) -> Part {
    let text = with_crlf(text);
    let (encoding, body) = if is_safe_as_it_is(&text) {
        ("7bit", text.into_bytes())
    } else if text.bytes().filter(|byte| !byte.is_ascii()).count() * 4 > text.len() {
        ("base64", base64_lines(text.as_bytes()))
    } else {
        ("quoted-printable", quoted_printable(&text))
    };
    Part::One(One {
        kind: format!("text/{kind}"),
        parameters: vec![("charset", "utf-8".to_owned())],
        file: None,
        content_id: None,
        encoding,
        body,
    })
}

/// A file, or a picture that the HTML shows.
pub(super) fn file(attached: &Attached, shown: bool) -> Result<Part, ComposeError> {
    check("attachments", &attached.name)?;
    check("attachments", &attached.content_type)?;
    let content_id = attached.content_id.as_deref().filter(|_| shown);
    if let Some(id) = content_id {
        check("attachments", id)?;
        if id.is_empty() || id.len() > 500 || !id.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>".contains(&byte))
        {
            return Err(ComposeError::new("attachments", Unwritable::ContentId(id.to_owned())));
        }
    }
    let name = match attached.name.trim() {
        "" => "attachment",
        name => name,
    };
    if name.len() > 1000 {
        return Err(ComposeError::new("attachments", Unwritable::FileName));
    }
    let mut kind = media_type(&attached.content_type);
    // A message may not be encoded (RFC 2046 §5.2.1): it goes as it is, or else as a file of unknown type.
    let plain = kind.starts_with("message/") && is_clean_message(&attached.bytes);
    if kind.starts_with("message/") && !plain {
        kind = "application/octet-stream".to_owned();
    }
    Ok(Part::One(One {
        kind,
        parameters: Vec::new(),
        file: Some((if shown { "inline" } else { "attachment" }, name.to_owned())),
        content_id: content_id.map(str::to_owned),
        encoding: if plain { "7bit" } else { "base64" },
        body: if plain { attached.bytes.clone() } else { base64_lines(&attached.bytes) },
    }))
}

/// The type when it is one (RFC 6838 §4.2) and no multipart.
fn media_type(text: &str) -> String {
    let lower = text.trim().to_ascii_lowercase();
    let token = |part: &str| {
        !part.is_empty()
            && part.len() <= 127
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    let known = lower.split_once('/').is_some_and(|(kind, sub)| token(kind) && token(sub) && kind != "multipart");
    if known { lower } else { "application/octet-stream".to_owned() }
}

/// Every kind of line end as CRLF.
fn with_crlf(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 32 + 2);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                chars.next_if_eq(&'\n');
                out.push_str("\r\n");
            }
            '\n' => out.push_str("\r\n"),
            _ => out.push(c),
        }
    }
    if !out.ends_with("\r\n") {
        out.push_str("\r\n");
    }
    out
}

/// Short lines of printable ASCII in which no program on the way changes anything: no `From ` that an mbox would mark,
/// no blank at a line's end, no lone dot.
fn is_safe_as_it_is(text: &str) -> bool {
    text.split("\r\n").all(|line| {
        line.len() <= 78
            && line.bytes().all(|byte| byte == b' ' || byte == b'\t' || byte.is_ascii_graphic())
            && !line.ends_with([' ', '\t'])
            && !line.starts_with("From ")
            && !line.starts_with('.')
    })
}

fn is_clean_message(bytes: &[u8]) -> bool {
    let sound =
        |line: &[u8]| line.len() <= 998 && line.iter().all(|byte| byte.is_ascii() && *byte != 0 && *byte != b'\r');
    bytes.ends_with(b"\r\n")
        && bytes.split(|byte| *byte == b'\n').all(|line| line.is_empty() || line.strip_suffix(b"\r").is_some_and(sound))
}

fn base64_lines(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / 57 * 78 + 80);
    let mut line = [0u8; 76];
    for chunk in bytes.chunks(57) {
        if let Ok(length) = STANDARD.encode_slice(chunk, &mut line) {
            out.extend_from_slice(&line[..length]);
            out.extend_from_slice(b"\r\n");
        }
    }
    out
}

fn quoted_printable(text: &str) -> Vec<u8> {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = Vec::with_capacity(text.len() + text.len() / 8);
    for (place, line) in text.split("\r\n").enumerate() {
        if place > 0 {
            out.extend_from_slice(b"\r\n");
        }
        let bytes = line.as_bytes();
        let mut column = 0;
        for (at, &byte) in bytes.iter().enumerate() {
            let last = at + 1 == bytes.len();
            let plain = match byte {
                b'=' => false,
                b' ' | b'\t' => !last,
                b'.' => column > 0,
                b'F' => column > 0 || !line.starts_with("From "),
                _ => byte.is_ascii_graphic(),
            };
            let width = if plain { 1 } else { 3 };
            // One place is kept for the mark of a line that goes on.
            if column + width > 75 {
                out.extend_from_slice(b"=\r\n");
                column = 0;
            }
            // A soft break may have brought a dot to the start of a line.
            if plain && !(byte == b'.' && column == 0) {
                out.push(byte);
                column += 1;
            } else {
                out.extend_from_slice(&[b'=', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
                column += 3;
            }
        }
    }
    out
}
