//! What some clients ask first: who is who, and the same identifier in another form.

use super::{Desk, wrong, xml};

impl Desk<'_> {
    pub(super) fn resolve_names(&mut self) -> String {
        let wanted = self.question.said("UnresolvedEntry").unwrap_or_default().to_lowercase();
        let wanted = wanted.trim_start_matches("smtp:").to_owned();
        let found: Vec<(String, String)> = self
            .cloud
            .mailboxes
            .iter()
            .filter(|mailbox| {
                mailbox.address.to_lowercase().contains(&wanted) || mailbox.name.to_lowercase().contains(&wanted)
            })
            .map(|mailbox| (mailbox.name.clone(), mailbox.address.clone()))
            .collect();
        if found.is_empty() {
            return self.one(Err(wrong("ErrorNameResolutionNoResults", "No results were found.")));
        }
        let one = |(name, address): &(String, String)| {
            format!(
                "<t:Resolution><t:Mailbox><t:Name>{}</t:Name><t:EmailAddress>{}</t:EmailAddress><t:RoutingType>SMTP</t:RoutingType><t:MailboxType>Mailbox</t:MailboxType></t:Mailbox></t:Resolution>",
                xml::written(name),
                xml::written(address)
            )
        };
        let all: String = found.iter().map(one).collect();
        let total = found.len();
        self.one(Ok(format!(
            "<m:ResolutionSet TotalItemsInView=\"{total}\" IncludesLastItemInRange=\"true\">{all}</m:ResolutionSet>"
        )))
    }

    pub(super) fn convert_id(&mut self) -> String {
        let format = self.question.attribute("DestinationFormat").unwrap_or("EntryId").to_owned();
        let named = self.question.child("SourceIds").map(|ids| ids.children.clone()).unwrap_or_default();
        let results = named.iter().map(|named| {
            let id = xml::written(named.attribute("Id").unwrap_or_default());
            let mailbox = xml::written(named.attribute("Mailbox").unwrap_or(&self.whose));
            Ok(format!(
                "<m:AlternateId xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"t:AlternateIdType\" Format=\"{format}\" Id=\"{id}\" Mailbox=\"{mailbox}\"/>"
            ))
        });
        let results = results.collect();
        self.several(results)
    }
}
