//! HTML as plain text, and plain text as HTML.

use mail_parser::decoders::html::add_html_token;
use memchr::{memchr, memmem};

/// The words of an HTML text, with line breaks where blocks end. Fast: for the index and for previews.
pub fn text_of_html(html: &str) -> String {
    let mut reader = Reader::new(html, false);
    reader.run();
    reader.out
}

/// The same with the address after each link, for the text form of mail that we send.
pub(crate) fn text_with_links(html: &str) -> String {
    let mut reader = Reader::new(html, true);
    reader.run();
    reader.out.truncate(reader.out.trim_end().len());
    reader.out
}

/// Plain text as HTML that keeps its lines.
pub(crate) fn html_of_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8 + 60);
    out.push_str("<div style=\"white-space: pre-wrap\">");
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(c),
        }
    }
    out.push_str("</div>");
    out
}

struct Reader<'a> {
    html: &'a [u8],
    source: &'a str,
    at: usize,
    out: String,
    /// White space was seen since the last word.
    space: bool,
    links: bool,
    link: Option<(String, usize)>,
    /// A quote was opened in a tag and never closed: from here on quotes in tags mean nothing.
    quotes_broken: bool,
}

/// Bytes that end a run of ordinary text.
const fn is_special(byte: u8) -> bool {
    matches!(byte, b'<' | b'&' | b' ' | b'\t' | b'\n' | b'\r' | 0x0C)
}

impl<'a> Reader<'a> {
    fn new(source: &'a str, links: bool) -> Reader<'a> {
        let out = String::with_capacity(source.len() / 2);
        Reader { html: source.as_bytes(), source, at: 0, out, space: false, links, link: None, quotes_broken: false }
    }

    fn run(&mut self) {
        while let Some(&byte) = self.html.get(self.at) {
            match byte {
                b'<' => self.tag(),
                b'&' => self.entity(),
                _ if is_special(byte) => {
                    self.space = true;
                    self.at += 1;
                }
                _ => {
                    let rest = &self.html[self.at..];
                    let length = rest.iter().position(|byte| is_special(*byte)).unwrap_or(rest.len());
                    self.word(&self.source[self.at..self.at + length]);
                    self.at += length;
                }
            }
        }
    }

    fn word(&mut self, word: &str) {
        if self.space {
            self.space = false;
            if !self.out.is_empty() && !self.out.ends_with('\n') {
                self.out.push(' ');
            }
        }
        self.out.push_str(word);
    }

    fn entity(&mut self) {
        let rest = &self.html[self.at..];
        let end = rest[..rest.len().min(34)].iter().position(|byte| *byte == b';');
        let known = end.filter(|end| rest[1..*end].iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'#'));
        let Some(end) = known else {
            self.word("&");
            self.at += 1;
            return;
        };
        let mut decoded = String::new();
        add_html_token(&mut decoded, &rest[..=end], false);
        self.at += end + 1;
        match decoded.as_str() {
            "\u{A0}" | " " | "\t" | "\n" | "\r" => self.space = true,
            _ => {
                decoded.retain(|c| !c.is_control());
                self.word(&decoded);
            }
        }
    }

    fn tag(&mut self) {
        let rest = &self.html[self.at..];
        if rest.starts_with(b"<!--") {
            // `<!-->` is a whole comment.
            let from = self.at + 2;
            self.at = memmem::find(&self.html[from..], b"-->").map_or(self.html.len(), |end| from + end + 3);
            return;
        }
        let closing = rest.get(1) == Some(&b'/');
        let name_start = self.at + 1 + usize::from(closing);
        match self.html.get(name_start) {
            Some(byte) if byte.is_ascii_alphabetic() => {}
            Some(b'!' | b'?') => {
                self.at = memchr(b'>', rest).map_or(self.html.len(), |end| self.at + end + 1);
                return;
            }
            _ => {
                self.word("<");
                self.at += 1;
                return;
            }
        }
        let name_length =
            self.html[name_start..].iter().take(20).take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let name_end = name_start + name_length;
        let mut lower = [0u8; 20];
        lower[..name_length].copy_from_slice(&self.html[name_start..name_end]);
        lower.make_ascii_lowercase();
        let name = &lower[..name_length];
        let end = self.tag_end(name_end);
        let attributes = &self.source[name_end..end.min(self.source.len())];
        self.at = (end + 1).min(self.html.len());
        if !closing && matches!(name, b"style" | b"script" | b"title" | b"template") {
            self.skip_element(name);
            return;
        }
        self.show(name, closing, attributes);
    }

    /// Where the tag's `>` is; one inside quotes doesn't count.
    fn tag_end(&mut self, from: usize) -> usize {
        let rest = &self.html[from..];
        let plain = memchr(b'>', rest).map_or(self.html.len(), |end| from + end);
        if self.quotes_broken {
            return plain;
        }
        let mut quote = None;
        let mut after_equals = false;
        for (place, &byte) in rest.iter().enumerate() {
            match quote {
                Some(open) if open == byte => quote = None,
                Some(_) => {}
                None => match byte {
                    b'>' => return from + place,
                    b'"' | b'\'' if after_equals => quote = Some(byte),
                    _ => {}
                },
            }
            after_equals = byte == b'=' || after_equals && byte.is_ascii_whitespace();
        }
        self.quotes_broken = true;
        plain
    }

    fn skip_element(&mut self, name: &[u8]) {
        let mut from = self.at;
        while let Some(found) = memmem::find(&self.html[from..], b"</") {
            let start = from + found + 2;
            if self.html.get(start..start + name.len()).is_some_and(|end| end.eq_ignore_ascii_case(name)) {
                self.at = memchr(b'>', &self.html[start..]).map_or(self.html.len(), |end| start + end + 1);
                return;
            }
            from = start;
        }
        self.at = self.html.len();
    }

    fn show(&mut self, name: &[u8], closing: bool, attributes: &str) {
        match name {
            b"br" => {
                self.out.push('\n');
                self.space = false;
            }
            b"td" | b"th" => self.space = true,
            b"li" => {
                self.break_line(1);
                if !closing {
                    self.out.push_str("- ");
                }
            }
            b"div" | b"tr" | b"dt" | b"dd" | b"section" | b"article" | b"header" | b"footer" | b"center"
            | b"address" | b"body" | b"form" => self.break_line(1),
            b"p" | b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" | b"blockquote" | b"ul" | b"ol" | b"dl" | b"table"
            | b"pre" | b"hr" => self.break_line(2),
            b"a" if self.links && !closing => {
                self.link = attribute(attributes, "href").map(|address| (address, self.out.len()));
            }
            b"a" if self.links => self.end_link(),
            _ => {}
        }
    }

    /// Ends the line, and with `lines` 2 the paragraph; never makes more than one empty line.
    fn break_line(&mut self, lines: usize) {
        self.space = false;
        if self.out.is_empty() {
            return;
        }
        let there = self.out.bytes().rev().take_while(|byte| *byte == b'\n').count();
        (there..lines).for_each(|_| self.out.push('\n'));
    }

    fn end_link(&mut self) {
        let Some((address, start)) = self.link.take() else { return };
        let shown = self.out.get(start..).unwrap_or_default().trim().to_owned();
        let same = address.trim_end_matches('/').ends_with(shown.trim_end_matches('/'));
        let web = address.starts_with("http://") || address.starts_with("https://");
        if web && !shown.is_empty() && !same {
            self.out.push_str(&format!(" <{address}>"));
        }
    }
}

fn attribute(attributes: &str, name: &str) -> Option<String> {
    let lower = attributes.to_ascii_lowercase();
    let at = lower.find(&format!("{name}="))? + name.len() + 1;
    let value = &attributes[at..];
    let value = match value.strip_prefix(['"', '\'']) {
        Some(quoted) => quoted.split(value.chars().next()?).next()?,
        None => value.split_ascii_whitespace().next()?,
    };
    Some(value.replace("&amp;", "&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_reads_as_text() {
        let html = "<html><head><title>weg</title><style>p{}</style></head><body><p>Beste Jan,</p><p>Één &amp; twee&nbsp;drie<br>\
            vier</p><!-- weg <b> --><table><tr><td>a</td><td>b</td></tr></table><ul><li>x<li>y</ul><script>1<2</script>einde";
        assert_eq!(text_of_html(html), "Beste Jan,\n\nÉén & twee drie\nvier\n\na b\n\n- x\n- y\n\neinde");
    }

    #[test]
    fn broken_html_loses_no_words() {
        assert_eq!(text_of_html("3 < 4 & 5 &onzin; <b title=\"a>b\">vet</b> <"), "3 < 4 & 5 &onzin; vet <");
        assert_eq!(text_of_html("<a title=\"open>tekst</a> <i>meer</i>"), "tekst meer");
        assert_eq!(text_of_html("a<!-->b"), "ab");
    }

    #[test]
    fn links_keep_their_address_in_sent_text() {
        let html = "<a href=\"https://x.nl/a?b=1&amp;c\">hier</a> en <a href='https://x.nl'>x.nl</a>";
        assert_eq!(text_with_links(html), "hier <https://x.nl/a?b=1&c> en x.nl");
    }
}
