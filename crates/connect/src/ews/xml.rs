//! XML as far as an answer of Exchange needs it: elements by their local names, with attributes and text.
//!
//! Prefixes and namespaces are left aside: the schema has `Notification` in one namespace, and servers answer it in another.

use quick_xml::{
    Reader,
    escape::{escape, unescape},
    events::{BytesStart, Event},
};

/// Deeper than this no answer is.
const DEPTH: usize = 64;

/// An element.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    pub name: String,
    attributes: Vec<(String, String)>,
    pub text: String,
    pub children: Vec<Node>,
}

impl Node {
    /// The element that a document is; `None` when it is no XML, or one that defines entities of its own.
    pub fn read(bytes: &[u8]) -> Option<Node> {
        let mut reader = Reader::from_str(std::str::from_utf8(bytes).ok()?);
        let mut open = vec![Node::default()];
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) if open.len() <= DEPTH => open.push(begun(&start)?),
                Event::Start(_) | Event::DocType(_) => return None,
                Event::Empty(start) => open.last_mut()?.children.push(begun(&start)?),
                Event::End(_) => {
                    let done = open.pop()?;
                    open.last_mut()?.children.push(done);
                }
                Event::Text(text) => open.last_mut()?.text.push_str(&text),
                Event::CData(text) => open.last_mut()?.text.push_str(&text),
                // Exchange lets through characters that XML can't hold, by their numbers.
                Event::GeneralRef(name) => {
                    open.last_mut()?.text.push_str(&unescape(&format!("&{};", &*name)).unwrap_or("\u{fffd}".into()));
                }
                Event::Eof => break,
                _ => {}
            }
        }
        let mut root = open.pop().filter(|_| open.is_empty())?;
        root.children.pop()
    }

    /// The first element of that name right in it.
    pub fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The first element along this way.
    pub fn at(&self, way: &[&str]) -> Option<&Node> {
        way.iter().try_fold(self, |node, name| node.child(name))
    }

    /// The elements in the first element along this way.
    pub fn inside(&self, way: &[&str]) -> &[Node] {
        self.at(way).map_or(&[], |node| &node.children)
    }

    /// The text of the child of that name.
    pub fn said(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim())
    }

    /// A truth, in either way that XML Schema has for it.
    pub fn truth(&self, name: &str) -> Option<bool> {
        self.said(name).map(|said| matches!(said, "true" | "1"))
    }

    /// What an attribute says.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Every element in it, at any depth, of that name.
    pub fn all<'a>(&'a self, name: &str) -> Vec<&'a Node> {
        let mut found = Vec::new();
        for child in &self.children {
            if child.name == name {
                found.push(child);
            }
            found.extend(child.all(name));
        }
        found
    }
}

fn begun(start: &BytesStart<'_>) -> Option<Node> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.ok()?;
        let name = attribute.key.local_name().as_ref().to_owned();
        attributes.push((name, unescape(&attribute.value).ok()?.into_owned()));
    }
    Some(Node { name: start.local_name().as_ref().to_owned(), attributes, ..Node::default() })
}

/// Text as it stands in an element or attribute; what XML can't hold is left out.
pub fn written(text: &str) -> String {
    let fits = |c: &char| !c.is_control() || matches!(c, '\t' | '\n' | '\r');
    escape(text.chars().filter(fits).collect::<String>()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ANSWER: &str =
        r#"<s:E xmlns:s="x"><m:A k="1 &lt; 2">a &amp; b&#x1;</m:A><t:N/><m:N><t:X>1</t:X></m:N></s:E>"#;

    #[test]
    fn an_answer_is_read_whatever_its_prefixes_are() {
        let read = Node::read(ANSWER.as_bytes()).unwrap();
        assert_eq!((read.name.as_str(), read.all("N").len(), read.all("X").len()), ("E", 2, 1));
        assert_eq!(read.child("A").unwrap().attribute("k"), Some("1 < 2"));
        assert!(read.said("A").unwrap().starts_with("a & b"));
        assert_eq!(read.child("A").unwrap().truth("none"), None);
        assert_eq!(read.children[2].truth("X"), Some(true));
    }

    #[test]
    fn entities_of_its_own_and_endless_depth_make_an_answer_worthless() {
        assert_eq!(Node::read(b"<!DOCTYPE x [<!ENTITY a \"b\">]><a>&a;</a>"), None);
        assert_eq!(Node::read("<a>".repeat(1000).as_bytes()), None);
        assert_eq!(Node::read(b"<a><b></a>"), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(cut in 0..ANSWER.len(), bytes in proptest::collection::vec(any::<u8>(), 0..20)) {
            let mut text = ANSWER.as_bytes()[..cut].to_vec();
            text.extend(bytes);
            text.extend(&ANSWER.as_bytes()[cut..]);
            let _ = Node::read(&text);
        }

        #[test]
        fn whatever_is_written_is_read_again(text in "[^\\p{Cc}]{0,40}") {
            let document = format!("<a b=\"{0}\">{0}</a>", written(&text));
            let read = Node::read(document.as_bytes()).unwrap();
            prop_assert_eq!((read.text.as_str(), read.attribute("b")), (text.as_str(), Some(text.as_str())));
        }
    }
}
