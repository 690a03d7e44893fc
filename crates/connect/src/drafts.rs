//! Sending where a provider takes a whole letter and reads in its head for whom it is: first a draft, then one request that
//! sends it, so that a lost answer can be settled by looking at the draft (reliability, section on sending, rule 18).

use crate::{ConnectError, Parcel, Receipt, RecipientReceipt, ServerWords, error::Cause};
use bytes::Bytes;
use mail::address::fold_address;
use std::collections::BTreeSet;

/// Whoever is only in the envelope, and the letter's Message-ID. A letter whose head names somebody whom it is not for now is
/// refused: the provider would send it there too.
pub(crate) fn hidden<'a>(parcel: &'a Parcel, provider: &str) -> Result<(Vec<&'a str>, Option<String>), ConnectError> {
    let head = mail::parse::parse(&parcel.message);
    let named = head.to.iter().chain(&head.cc).chain(&head.bcc);
    let named: BTreeSet<String> = named.map(|one| fold_address(&one.address)).collect();
    let meant: BTreeSet<String> = parcel.recipients.iter().map(|one| fold_address(one)).collect();
    if let Some(other) = named.difference(&meant).next() {
        let words = format!("{provider} would also send it to {other}, who is not to get it now");
        return Err(ConnectError::Refused { cause: Cause::Refused, words: ServerWords(words) });
    }
    let is_hidden = |one: &&String| !named.contains(&fold_address(one)) && !one.contains(['\r', '\n']);
    let hidden = parcel.recipients.iter().filter(is_hidden).map(String::as_str).collect();
    Ok((hidden, head.message_id.map(|id| id.0)))
}

/// The letter with everybody in its head whom it is for, and its Message-ID: [`hidden`] recipients get a place in Bcc, which
/// the provider takes out again.
pub(crate) fn addressed(parcel: &Parcel, provider: &str) -> Result<(Bytes, Option<String>), ConnectError> {
    let (hidden, message_id) = hidden(parcel, provider)?;
    if hidden.is_empty() {
        return Ok((parcel.message.clone(), message_id));
    }
    let mut message = format!("Bcc: {}\r\n", hidden.join(",\r\n ")).into_bytes();
    message.extend_from_slice(&parcel.message);
    Ok((message.into(), message_id))
}

/// Taken for everybody.
pub(crate) fn taken(parcel: &Parcel, words: &str, code: u16) -> Receipt {
    let said = ServerWords(words.to_owned());
    let one = |address: &String| RecipientReceipt { address: address.clone(), outcome: Ok(said.clone()) };
    Receipt { recipients: parcel.recipients.iter().map(one).collect(), server_said: said.clone(), code }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parcel(recipients: &[&str]) -> Parcel {
        Parcel {
            return_path: "info@voorbeeld.test".into(),
            recipients: recipients.iter().map(|one| (*one).to_owned()).collect(),
            message: Bytes::from_static(b"Message-ID: <a@b>\r\nTo: A <a@x.nl>\r\nCc: b@x.nl\r\n\r\nhallo\r\n"),
            envelope_id: None,
            notify_success: false,
        }
    }

    #[test]
    fn whoever_is_only_in_the_envelope_is_put_into_a_head_that_others_do_not_see() {
        let (plain, id) = addressed(&parcel(&["b@x.nl", "A@X.nl"]), "Microsoft").unwrap();
        assert_eq!((plain, id.as_deref()), (parcel(&[]).message, Some("a@b")));
        let four = parcel(&["a@x.nl", "b@x.nl", "c@x.nl", "d@x.nl"]);
        assert_eq!(hidden(&four, "Exchange").unwrap().0, ["c@x.nl", "d@x.nl"]);
        let (longer, _) = addressed(&four, "Microsoft").unwrap();
        assert!(longer.starts_with(b"Bcc: c@x.nl,\r\n d@x.nl\r\nMessage-ID:"));
    }

    #[test]
    fn a_letter_never_goes_to_somebody_who_is_not_to_get_it_now() {
        assert!(matches!(addressed(&parcel(&["a@x.nl"]), "Google"), Err(ConnectError::Refused { .. })));
    }
}
