//! `Authentication-Results` in its parts (RFC 8601 §2.2). Quoted strings and comments hold what strangers chose, an address or
//! a domain, so nothing in them is a part of its own.

/// One result: its method, what came of it and its properties.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// Outside of quotes and comments; a blank stands for each of those.
    pub(super) said: String,
    /// What the comments say, a blank between them.
    pub(super) remarks: String,
}

/// Every result, without the name of the server that comes first. A quote or comment that does not end hides nothing: from
/// there on all is read as it stands.
pub(super) fn read(field: &str) -> impl Iterator<Item = Said> {
    let (mut all, mut part) = (Vec::new(), Said::default());
    let (mut rest, mut is_sound) = (field, true);
    while let Some(first) = rest.chars().next() {
        let aside = match first {
            '"' if is_sound => end_of_quoted(rest),
            '(' if is_sound => end_of_comment(rest),
            _ => None,
        };
        is_sound &= aside.is_some() || !matches!(first, '"' | '(');
        let end = aside.unwrap_or(first.len_utf8());
        let (taken, behind) = rest.split_at(end);
        match (first, aside) {
            (';', _) => all.push(std::mem::take(&mut part)),
            (_, None) => part.said.push_str(taken),
            (_, Some(_)) => {
                part.said.push(' ');
                if first == '(' {
                    part.remarks.push_str(&taken.replace(['(', ')'], " "));
                }
            }
        }
        rest = behind;
    }
    all.push(part);
    all.into_iter().skip(1)
}

/// Behind the quote that ends what begins here (RFC 5322 §3.2.4).
fn end_of_quoted(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Behind the bracket that ends what begins here; they nest (RFC 5322 §3.2.2).
fn end_of_comment(text: &str) -> Option<usize> {
    let (mut escaped, mut depth) = (false, 0_usize);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'(' => depth += 1,
            b')' if depth == 1 => return Some(at + 1),
            b')' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_end_at_semicolons_that_stand_outside_of_quotes_and_comments() {
        let field = r#"mx.nl (a;b); spf=pass (x; (y\)) z) smtp.mailfrom="a\";b"@c.nl;dkim=none"#;
        let said: Vec<Said> = read(field).collect();
        assert_eq!(
            said.iter().map(|one| one.said.as_str()).collect::<Vec<_>>(),
            [" spf=pass   smtp.mailfrom= @c.nl", "dkim=none"]
        );
        assert_eq!(said[0].remarks.split_whitespace().collect::<Vec<_>>(), ["x;", "y\\", "z"]);
        assert_eq!(read("mx.nl").count(), 0);
        assert_eq!(read("mx.nl; (\u{e9}; \"; a=b").count(), 3);
    }
}
