//! FindItem: pages of a folder, in an order, under a condition.

use super::{
    Desk, NO_FOLDER, Wrong,
    item::{Shape, shown, value},
    wrong,
    xml::Node,
};
use crate::mailbox::Letter;
use std::cmp::Ordering;

impl Desk<'_> {
    pub(super) fn find_item(&mut self) -> String {
        let result = self.found();
        self.one(result)
    }

    fn found(&mut self) -> Result<String, Wrong> {
        let question = self.question;
        let folders = question.child("ParentFolderIds").map(|ids| ids.children.clone()).unwrap_or_default();
        let folder = self.folder_id(folders.first().ok_or(NO_FOLDER)?)?;
        let condition = question.child("Restriction").and_then(|condition| condition.children.first());
        let mut found: Vec<Letter> = Vec::new();
        for letter in self.mailbox().letters_in(&folder) {
            let unknown =
                || wrong("ErrorUnsupportedPathForQuery", "The property can not be used with this type of restriction.");
            if condition.is_none_or(|condition| condition.name.is_empty())
                || passes(letter, condition.unwrap_or(question)).ok_or_else(unknown)?
            {
                found.push(letter.clone());
            }
        }
        let orders = question.all("FieldOrder");
        if orders.first().is_some_and(|order| order.attribute("Order") == Some("Ascending")) {
            found.reverse();
        }
        let view = question.child("IndexedPageItemView");
        let number =
            |name: &str| view.and_then(|view| view.attribute(name)).and_then(|text| text.parse::<usize>().ok());
        let (offset, most) = (number("Offset").unwrap_or(0), number("MaxEntriesReturned").unwrap_or(1000).min(1000));
        let total = found.len();
        let shape = Shape::of(question);
        let page: String = found.iter().skip(offset).take(most).map(|letter| shown(letter, &shape)).collect();
        let end = (offset + most).min(total);
        Ok(format!(
            "<m:RootFolder IndexedPagingOffset=\"{end}\" TotalItemsInView=\"{total}\" IncludesLastItemInRange=\"{}\"><t:Items>{page}</t:Items></m:RootFolder>",
            end >= total
        ))
    }
}

/// Whether a letter passes a condition; `None` for one that asks what is not known here.
fn passes(letter: &Letter, condition: &Node) -> Option<bool> {
    let mut inner = condition.children.iter().map(|one| passes(letter, one));
    Some(match condition.name.as_str() {
        "And" => inner.try_fold(true, |all, one| Some(all & one?))?,
        "Or" => inner.try_fold(false, |any, one| Some(any | one?))?,
        "Not" => !inner.next()??,
        "Exists" => value(letter, condition.children.first()?).is_some(),
        "Contains" => {
            let wanted = condition.child("Constant")?.attribute("Value")?.to_lowercase();
            value(letter, condition.children.first()?)?.to_lowercase().contains(&wanted)
        }
        name => {
            let field = condition.children.first()?;
            let has = match value(letter, field) {
                Some(has) => has,
                // What a letter has not compares with nothing.
                None if field.name == "ExtendedFieldURI" => return Some(false),
                None => return None,
            };
            let wanted = condition.at(&["FieldURIOrConstant", "Constant"])?.attribute("Value")?;
            let order = match (has.parse::<i64>(), wanted.parse::<i64>()) {
                (Ok(has), Ok(wanted)) => has.cmp(&wanted),
                _ => has.as_str().cmp(wanted),
            };
            match name {
                "IsEqualTo" => order == Ordering::Equal,
                "IsNotEqualTo" => order != Ordering::Equal,
                "IsLessThan" => order == Ordering::Less,
                "IsLessThanOrEqualTo" => order != Ordering::Greater,
                "IsGreaterThan" => order == Ordering::Greater,
                "IsGreaterThanOrEqualTo" => order != Ordering::Less,
                _ => return None,
            }
        }
    })
}
