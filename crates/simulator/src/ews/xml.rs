//! XML as far as SOAP needs it: elements by their local names, with attributes and text.

use quick_xml::{
    Reader,
    escape::{escape, unescape},
    events::{BytesStart, Event},
};

/// Deeper than this nobody asks.
const DEPTH: usize = 64;

/// An element.
#[derive(Debug, Clone, Default)]
pub struct Node {
    /// Its name without the prefix.
    pub name: String,
    /// Its attributes, by their names without a prefix.
    pub attributes: Vec<(String, String)>,
    /// The text in it.
    pub text: String,
    /// The elements in it.
    pub children: Vec<Node>,
}

impl Node {
    /// The element that a document is; `None` when it is no XML.
    pub fn read(text: &str) -> Option<Node> {
        let mut reader = Reader::from_str(text);
        let mut open = vec![Node::default()];
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) => {
                    if open.len() > DEPTH {
                        return None;
                    }
                    open.push(begun(&start)?);
                }
                Event::Empty(start) => open.last_mut()?.children.push(begun(&start)?),
                Event::End(_) => {
                    let done = open.pop()?;
                    open.last_mut()?.children.push(done);
                }
                Event::Text(text) => open.last_mut()?.text.push_str(&text),
                Event::CData(text) => open.last_mut()?.text.push_str(&text),
                Event::GeneralRef(name) => open.last_mut()?.text.push_str(&unescape(&format!("&{};", &*name)).ok()?),
                Event::DocType(_) => return None,
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

    /// The text of the child of that name.
    pub fn said(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim())
    }
}

/// A truth as XML Schema writes it, in either way.
pub fn is_true(text: &str) -> bool {
    matches!(text.trim(), "true" | "1")
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

/// As it can stand in text or an attribute; what XML cannot hold is left out.
pub fn written(text: &str) -> String {
    let fits = |c: &char| !c.is_control() || matches!(c, '\t' | '\n' | '\r');
    escape(text.chars().filter(fits).collect::<String>()).into_owned()
}
