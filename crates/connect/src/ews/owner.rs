//! Whose mailbox a sign-in opens. Exchange has no question for that: the inbox of whoever signed in is compared with the inbox
//! of an address.

use super::{
    folder,
    line::{Line, Question},
    xml::written,
};
use crate::{ConnectError, error::Cause};

/// Whether whoever signs in on this line opens the mailbox with this address as their own.
///
/// Asked by its address the inbox has the same identifier when it is one's own (learn.microsoft.com/exchange/client-developer/
/// web-service-reference/distinguishedfolderid: without `Mailbox` it is that of the caller). `false` when it is another's,
/// whether that may be read or not, and when there is no such mailbox.
pub async fn is_mailbox_of(line: &Line, address: &str) -> Result<bool, ConnectError> {
    let question = format!(
        concat!(
            r#"<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds>"#,
            r#"<t:DistinguishedFolderId Id="inbox"/><t:DistinguishedFolderId Id="inbox"><t:Mailbox>"#,
            r#"<t:EmailAddress>{}</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId></m:FolderIds></m:GetFolder>"#
        ),
        written(address)
    );
    let mut ids = Vec::new();
    for (n, message) in line.several(Question::new(&question)).await?.into_iter().enumerate() {
        match message {
            Ok(message) => ids.push(message.inside(&["Folders"]).first().and_then(folder::id)),
            // Only of the second it is no trouble.
            Err(ConnectError::Refused { .. } | ConnectError::Settings { .. }) if n == 1 => ids.push(None),
            Err(error) => return Err(error),
        }
    }
    match ids.as_slice() {
        [Some(own), Some(asked)] => Ok(own == asked),
        [Some(_), None] => Ok(false),
        _ => Err(super::fault::later(Cause::Protocol, None, "an inbox without an identifier")),
    }
}
