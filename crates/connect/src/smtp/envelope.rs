//! MAIL FROM and RCPT TO, with the parameters that the server knows.

use super::{connection::Offers, wire::Look};
use crate::{ConnectError, Parcel, ServerWords, error::Cause};

/// Longer paths than this no server needs to take (RFC 5321 §4.5.3.1.3 says 256).
const PATH_BYTES_MAX: usize = 320;

/// The envelope in the form that goes on the wire.
#[derive(Debug)]
pub struct Envelope {
    /// `MAIL FROM:<...> ...` without CRLF.
    pub mail: String,
    /// For each recipient of the parcel: `RCPT TO:<...> ...` without CRLF, or why it can't even be asked.
    pub recipients: Vec<Result<String, ConnectError>>,
}

/// Writes the envelope for this server; `Err` when it can take nothing of the parcel.
pub fn write(parcel: &Parcel, look: Look, offers: &Offers) -> Result<Envelope, ConnectError> {
    let size = parcel.message.len() as u64;
    if let Some(limit) = offers.size.filter(|limit| *limit > 0 && size > *limit) {
        return Err(refused(Cause::TooLarge, format!("the message has {size} bytes, the server takes {limit}")));
    }
    if look.long_line {
        return Err(refused(Cause::Protocol, "a line of the message is longer than 998 bytes".to_owned()));
    }
    if look.eight_bit && !offers.eight_bit {
        return Err(refused(Cause::Refused, "the server takes no eight-bit messages".to_owned()));
    }
    if look.utf8_head && !offers.utf8 {
        // RFC 6531 §3.4: the message may not go there, not even to those whose own addresses are ASCII.
        let words = "the server takes no addresses outside ASCII, and the message names one in its head".to_owned();
        return Err(refused(Cause::Refused, words));
    }
    let sender = match parcel.return_path.as_str() {
        "" => String::new(),
        address => path(address, offers)?,
    };
    let recipients: Vec<Result<String, ConnectError>> = parcel
        .recipients
        .iter()
        .map(|address| Ok(recipient(parcel, address, &path(address, offers)?, offers)))
        .collect();
    let utf8 = look.utf8_head || !sender.is_ascii() || recipients.iter().flatten().any(|line| !line.is_ascii());
    Ok(Envelope { mail: sender_line(parcel, &sender, utf8, look, offers), recipients })
}

fn sender_line(parcel: &Parcel, sender: &str, utf8: bool, look: Look, offers: &Offers) -> String {
    let mut line = format!("MAIL FROM:<{sender}>");
    if offers.size.is_some() {
        line += &format!(" SIZE={}", parcel.message.len());
    }
    if look.eight_bit {
        line += " BODY=8BITMIME";
    }
    if utf8 {
        line += " SMTPUTF8";
    }
    if offers.dsn {
        line += " RET=HDRS";
        // RFC 3461 §4.4: at most 100 characters after decoding.
        if let Some(id) = parcel.envelope_id.as_deref().filter(|id| !id.is_empty() && id.len() <= 100) {
            line += &format!(" ENVID={}", xtext(id));
        }
    }
    line
}

fn recipient(parcel: &Parcel, address: &str, path: &str, offers: &Offers) -> String {
    let mut line = format!("RCPT TO:<{path}>");
    if !offers.dsn {
        return line;
    }
    // A report on a report would have nowhere to go (RFC 3461 §4.1).
    line += match (parcel.return_path.is_empty(), parcel.notify_success) {
        (true, _) => " NOTIFY=NEVER",
        (false, true) => " NOTIFY=SUCCESS,FAILURE,DELAY",
        (false, false) => " NOTIFY=FAILURE,DELAY",
    };
    if address.is_ascii() {
        line += &format!(" ORCPT=rfc822;{}", xtext(address));
    }
    line
}

/// The address as it goes between the angle brackets: the domain in ASCII, the rest as it is.
///
/// A local part outside ASCII needs a server with SMTPUTF8 (RFC 6531 §3.2); a domain alone does not.
fn path(address: &str, offers: &Offers) -> Result<String, ConnectError> {
    let bad = || refused(Cause::Refused, format!("{:?} is not an address", super::reply::clean(address)));
    let (local, domain) = address.rsplit_once('@').ok_or_else(bad)?;
    if !is_local_part(local) || address.len() > PATH_BYTES_MAX {
        return Err(bad());
    }
    let domain = if domain.starts_with('[') && domain.ends_with(']') {
        domain.to_owned()
    } else {
        idna::domain_to_ascii(domain).map_err(|_| bad())?
    };
    if domain.is_empty() || domain.contains(|c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>')) {
        return Err(bad());
    }
    if !local.is_ascii() && !offers.utf8 {
        let words = format!("the server takes no addresses outside ASCII: {}", super::reply::clean(address));
        return Err(refused(Cause::Refused, words));
    }
    Ok(format!("{local}@{domain}"))
}

/// A dot-string or a quoted string (RFC 5321 §4.1.2), a little wider: dots may stand anywhere.
fn is_local_part(local: &str) -> bool {
    if let Some(quoted) = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        let mut escaped = false;
        for c in quoted.chars() {
            if c.is_control() || (c == '"' && !escaped) {
                return false;
            }
            escaped = c == '\\' && !escaped;
        }
        return !escaped;
    }
    !local.is_empty()
        && !local.contains(|c: char| c.is_control() || c.is_whitespace())
        && !local.contains(['<', '>', '(', ')', '[', ']', ':', ';', ',', '\\', '"', '@'])
}

/// RFC 3461 §4: everything but printable ASCII without `+` and `=` as `+XX`.
fn xtext(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'+' | b'=' => out += &format!("+{byte:02X}"),
            b'!'..=b'~' => out.push(char::from(byte)),
            _ => out += &format!("+{byte:02X}"),
        }
    }
    out
}

fn refused(cause: Cause, words: String) -> ConnectError {
    ConnectError::Refused { cause, words: ServerWords(words) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::wire::look;
    use bytes::Bytes;

    fn parcel(from: &str, to: &[&str]) -> Parcel {
        Parcel {
            return_path: from.to_owned(),
            recipients: to.iter().map(|address| (*address).to_owned()).collect(),
            message: Bytes::from_static(b"Subject: x\r\n\r\ntext\r\n"),
            envelope_id: Some("pk=1+2".to_owned()),
            notify_success: false,
        }
    }

    fn lines(parcel: &Parcel, offers: &Offers) -> (String, Vec<String>) {
        let envelope = write(parcel, look(&parcel.message), offers).unwrap();
        (envelope.mail, envelope.recipients.into_iter().map(|line| line.unwrap_or_else(|e| e.to_string())).collect())
    }

    #[test]
    fn a_server_is_told_only_what_it_knows() {
        let (mail, recipients) = lines(&parcel("a@x.test", &["b@y.test"]), &Offers::default());

        assert_eq!((mail.as_str(), recipients[0].as_str()), ("MAIL FROM:<a@x.test>", "RCPT TO:<b@y.test>"));
    }

    #[test]
    fn reports_are_asked_for_with_encoded_names() {
        let offers = Offers { dsn: true, size: Some(0), ..Offers::default() };
        let (mail, recipients) = lines(&parcel("a@x.test", &["b+c@y.test"]), &offers);

        assert_eq!(mail, "MAIL FROM:<a@x.test> SIZE=20 RET=HDRS ENVID=pk+3D1+2B2");
        assert_eq!(recipients, ["RCPT TO:<b+c@y.test> NOTIFY=FAILURE,DELAY ORCPT=rfc822;b+2Bc@y.test"]);
        assert!(lines(&parcel("", &["b@y.test"]), &offers).1[0].contains("NOTIFY=NEVER"));
    }

    #[test]
    fn only_a_local_part_outside_ascii_needs_smtputf8() {
        let both = parcel("a@x.test", &["zo\u{eb}@y.test", "b@caf\u{e9}.test"]);
        let (mail, recipients) = lines(&both, &Offers::default());
        assert_eq!(mail, "MAIL FROM:<a@x.test>");
        assert!(recipients[0].contains("outside ASCII"));
        assert_eq!(recipients[1], "RCPT TO:<b@xn--caf-dma.test>");

        let (mail, recipients) = lines(&both, &Offers { utf8: true, ..Offers::default() });
        assert_eq!(mail, "MAIL FROM:<a@x.test> SMTPUTF8");
        assert_eq!(recipients[0], "RCPT TO:<zo\u{eb}@y.test>");
    }

    #[test]
    fn a_head_outside_ascii_needs_smtputf8_whoever_it_goes_to() {
        let named = "To: b@y.test, zo\u{eb}@z.test\r\n\r\ntext\r\n";
        let parcel = Parcel { message: Bytes::from_static(named.as_bytes()), ..parcel("a@x.test", &["b@y.test"]) };
        let offers = Offers { utf8: true, eight_bit: true, ..Offers::default() };
        assert_eq!(lines(&parcel, &offers).0, "MAIL FROM:<a@x.test> BODY=8BITMIME SMTPUTF8");

        let without = Offers { utf8: false, ..offers };
        let error = write(&parcel, look(&parcel.message), &without).unwrap_err();
        assert!(
            matches!(&error, ConnectError::Refused { words, .. } if words.0.contains("outside ASCII")),
            "{error:?}"
        );
        // A text outside ASCII is no address.
        let parcel = Parcel { message: Bytes::from_static("To: b@y.test\r\n\r\nZo\u{eb}\r\n".as_bytes()), ..parcel };
        assert_eq!(lines(&parcel, &without).0, "MAIL FROM:<a@x.test> BODY=8BITMIME");
    }

    #[test]
    fn no_address_can_carry_a_second_command() {
        for address in ["a@b\r\nDATA", "a\r\nRCPT TO:<c@d>@b", "a> SIZE=1@b", "a b@c", "a@b>c", "\"a\"b\"@c", "a", "@b"]
        {
            let envelope = write(&parcel("x@y.test", &[address]), look(b"\r\n"), &Offers::default()).unwrap();
            assert!(envelope.recipients[0].is_err(), "{address:?}");
            assert!(write(&parcel(address, &["b@y.test"]), look(b"\r\n"), &Offers::default()).is_err(), "{address:?}");
        }
        assert!(write(&parcel("\"a b\"@y.test", &[]), look(b"\r\n"), &Offers::default()).is_ok());
    }

    #[test]
    fn what_the_server_can_not_take_is_not_begun() {
        let small = Offers { size: Some(10), ..Offers::default() };
        let error = write(&parcel("a@x.test", &["b@y.test"]), look(b"\r\n"), &small).unwrap_err();
        assert!(matches!(error, ConnectError::Refused { cause: Cause::TooLarge, .. }));
        assert!(write(&parcel("a@x.test", &[]), look("\u{e9}\r\n".as_bytes()), &Offers::default()).is_err());
    }
}
