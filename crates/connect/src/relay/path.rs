//! The paths of MAIL and RCPT with their parameters (RFC 5321 §4.1.2, RFC 1870, RFC 6152, RFC 6531).

/// What stood after `FROM:` or `TO:`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Path {
    /// The address; empty for the null path.
    pub(super) address: String,
    /// It names a way over other servers, which nobody goes any more (RFC 5321 Appendix C).
    pub(super) has_route: bool,
    /// `SIZE=`, in bytes.
    pub(super) size: Option<u64>,
    /// `SMTPUTF8`.
    pub(super) utf8: bool,
}

/// Why a path could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is written wrongly.
    Syntax,
    /// A parameter that was not offered (555 5.5.4).
    Parameter,
}

impl Path {
    /// Reads a path. The parameters of MAIL are taken when `of_mail`; RCPT has none here.
    pub(super) fn read(text: &str, of_mail: bool) -> Result<Path, Unread> {
        let (inner, parameters) = angled(text).ok_or(Unread::Syntax)?;
        let mut path = Path::default();
        let mut address = inner;
        if let Some(routed) = inner.strip_prefix('@') {
            path.has_route = true;
            address = routed.split_once(':').map(|(_, address)| address).ok_or(Unread::Syntax)?;
        }
        if address.chars().any(|c| c.is_control()) {
            return Err(Unread::Syntax);
        }
        path.address = address.to_owned();
        for parameter in parameters.split_ascii_whitespace() {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match (name.to_ascii_uppercase().as_str(), of_mail) {
                ("SIZE", true) => path.size = Some(value.parse().map_err(|_| Unread::Syntax)?),
                ("BODY", true) if value.eq_ignore_ascii_case("7BIT") || value.eq_ignore_ascii_case("8BITMIME") => {}
                ("SMTPUTF8", true) if value.is_empty() => path.utf8 = true,
                _ => return Err(Unread::Parameter),
            }
        }
        Ok(path)
    }
}

/// What stands between `<` and its `>`, which is not one inside quotes, and what follows.
fn angled(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('<')?;
    let (mut quoted, mut escaped) = (false, false);
    for (at, letter) in inner.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '>' if !quoted => return Some((&inner[..at], &inner[at + 1..])),
            '<' if !quoted => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_with_what_was_offered_and_no_more() {
        let read = |text| Path::read(text, true);
        let of = |address: &str| Path { address: address.into(), ..Path::default() };
        assert_eq!(read("<>"), Ok(of("")));
        assert_eq!(read("<a@b.nl> SIZE=12 body=8bitmime"), Ok(Path { size: Some(12), ..of("a@b.nl") }));
        assert_eq!(read("<caf\u{e9}@b.nl> SMTPUTF8"), Ok(Path { utf8: true, ..of("caf\u{e9}@b.nl") }));
        assert_eq!(read("<\"a>b\"@c.nl>"), Ok(of("\"a>b\"@c.nl")));
        assert_eq!(read("<@x.nl,@y.nl:a@b.nl>"), Ok(Path { has_route: true, ..of("a@b.nl") }));
        for wrong in ["a@b.nl", "<a@b.nl", "<a@b.nl> SIZE=-1", "<@x.nl>", "<a<b>@c.nl>", "<a\tb@c.nl>"] {
            assert_eq!(read(wrong), Err(Unread::Syntax), "{wrong}");
        }
        for unknown in ["<a@b.nl> BODY=BINARYMIME", "<a@b.nl> RET=FULL", "<a@b.nl> AUTH=<>", "<a@b.nl>x"] {
            assert_eq!(read(unknown), Err(Unread::Parameter), "{unknown}");
        }
        assert_eq!(Path::read("<a@b.nl> NOTIFY=NEVER", false), Err(Unread::Parameter));
        assert_eq!(Path::read("<a@b.nl> SIZE=3", false), Err(Unread::Parameter));
    }
}
