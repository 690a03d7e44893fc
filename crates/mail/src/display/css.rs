//! The declarations of a `style` attribute that may stay: colours, letters and distances, nothing that loads, moves over
//! the page around the mail, or runs.

const LENGTH_LIMIT: usize = 4096;

/// The allowed declarations, or `None` when none is left.
pub(super) fn safe(style: &str) -> Option<String> {
    // Escapes and comments spell forbidden words in a thousand ways and letters of honest mail in none.
    if style.len() > LENGTH_LIMIT || style.contains(['\\', '@', '<', '{', '}']) || style.contains("/*") {
        return None;
    }
    let mut out = String::new();
    for declaration in style.split(';') {
        let Some((property, value)) = declaration.split_once(':') else { continue };
        let property = property.trim().to_ascii_lowercase();
        let value = value.trim();
        if is_allowed(&property, &value.to_ascii_lowercase()) {
            if !out.is_empty() {
                out.push_str("; ");
            }
            out.push_str(&property);
            out.push_str(": ");
            out.push_str(value);
        }
    }
    (!out.is_empty()).then_some(out)
}

const PROPERTIES: [&str; 40] = [
    "background",
    "background-color",
    "border",
    "border-bottom",
    "border-collapse",
    "border-color",
    "border-left",
    "border-radius",
    "border-right",
    "border-spacing",
    "border-style",
    "border-top",
    "border-width",
    "clear",
    "color",
    "direction",
    "float",
    "font",
    "font-family",
    "font-size",
    "font-style",
    "font-variant",
    "font-weight",
    "height",
    "letter-spacing",
    "line-height",
    "list-style-type",
    "max-height",
    "max-width",
    "min-width",
    "table-layout",
    "text-align",
    "text-decoration",
    "text-indent",
    "text-transform",
    "vertical-align",
    "white-space",
    "width",
    "word-break",
    "word-spacing",
];

fn is_allowed(property: &str, value: &str) -> bool {
    let sized = property.starts_with("margin") || property.starts_with("padding");
    if property == "display" {
        return matches!(value, "block" | "inline" | "inline-block" | "none" | "table" | "table-row" | "table-cell");
    }
    if !sized && PROPERTIES.binary_search(&property).is_err() {
        let side = |name: &str| property.strip_prefix("border-").is_some_and(|rest| rest.starts_with(name));
        if !["top-", "right-", "bottom-", "left-"].into_iter().any(side) {
            return false;
        }
    }
    let backwards = value.starts_with('-') || value.contains(" -");
    let plain = |c: char| c.is_alphanumeric() || " #%.,-+!'\"/()".contains(c);
    !value.is_empty()
        && value.len() <= 300
        && value.chars().all(plain)
        && !((sized || property == "text-indent") && backwards)
        && only_colour_functions(value)
        && !["expression", "javascript", "behavior", "behaviour", "binding", "url"]
            .iter()
            .any(|word| value.contains(word))
}

fn only_colour_functions(value: &str) -> bool {
    value.match_indices('(').all(|(at, _)| {
        let name = value[..at].rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        matches!(name, "rgb" | "rgba" | "hsl" | "hsla")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_for_searching() {
        assert!(PROPERTIES.is_sorted());
    }

    #[test]
    fn only_looks_stay() {
        assert_eq!(safe("COLOR: Red;margin:0 0 4px;position:fixed").as_deref(), Some("color: Red; margin: 0 0 4px"));
        assert_eq!(
            safe("color:rgb(1, 2,3); border-left-color : #fff").as_deref(),
            Some("color: rgb(1, 2,3); border-left-color: #fff")
        );
        for bad in [
            "background:url(http://x.nl/a.png)",
            "background: u\\72l(http://x)",
            "width:expression(alert(1))",
            "behavior:url(x)",
            "position:absolute",
            "margin-left:-1000px",
            "color:red/*",
            "-moz-binding:url(x)",
            "background:image-set('x' 1x)",
            "color:var(--x)",
            "list-style-image:url(x)",
            "z-index:99",
            "font-family:\"</style>\"",
            "@import 'x'",
            "",
        ] {
            assert_eq!(safe(bad), None, "{bad}");
        }
    }
}
