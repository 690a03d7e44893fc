//! The words below a letter (*handtekening*): how a letter begins with them, where they stand in one that somebody worked
//! on, and how those of one sender make place for another's as long as nobody touched them.
//!
//! In HTML they stand in a `<div class="signature">`, which [`crate::display::safe_html`] leaves alone. In plain text a new
//! letter has the line `-- ` above them (RFC 3676 §4.3); an answer has not, since programs hide everything below that line
//! and so would hide the quotation.

use crate::display::{text_of_html, text_with_links};
use std::ops::Range;

const OPEN: &str = "<div class=\"signature\">";
const DASH: &str = "-- \n";

/// A signature as it is kept: HTML made safe, or nothing.
pub type Signature<'a> = Option<&'a str>;

/// What a letter in HTML begins with: a line to write on, one that stays empty, and the signature.
pub fn opening_html(signature: Signature) -> String {
    signature.map(|html| format!("<div><br></div><div><br></div>{}", marked(html))).unwrap_or_default()
}

/// The same in plain text.
pub fn opening_text(signature: Signature, answers: bool) -> String {
    let dash = if answers { "" } else { DASH };
    signature.map(|html| format!("\n\n{dash}{}", text_with_links(html))).unwrap_or_default()
}

/// The letter with the signature `to` in place of `from`, when `from` stands in it as it was put there. Where no
/// signature was, the new one comes at the end.
pub fn swapped_html(letter: &str, from: Signature, to: Signature) -> Option<String> {
    let Some(from) = from else { return to.map(|to| format!("{letter}{}", opening_html(Some(to)))) };
    let place = find(letter)?;
    let inside = &letter[place.start + OPEN.len()..place.end];
    if words(inside) != words(from) {
        return None;
    }
    Some(format!("{}{}{}", &letter[..place.start], to.map(marked).unwrap_or_default(), &letter[place.end..]))
}

/// The same in plain text.
pub fn swapped_text(letter: &str, from: Signature, to: Signature, answers: bool) -> Option<String> {
    let Some(from) = from else {
        return to.map(|to| format!("{}{}", letter.trim_end(), opening_text(Some(to), answers)));
    };
    let place = find_text(letter, from)?;
    let before = &letter[..place.start];
    match to {
        Some(to) => Some(format!("{before}{}{}", text_with_links(to), &letter[place.end..])),
        None => Some(format!("{}{}", before.strip_suffix(DASH).unwrap_or(before).trim_end(), &letter[place.end..])),
    }
}

/// What somebody wrote without the signature below it, as text: to look for words in it.
pub fn own_words(html: Option<&str>, text: Option<&str>, signature: Signature) -> String {
    match (html, text, signature) {
        (Some(html), ..) => match find(html) {
            Some(place) => format!("{}\n{}", text_of_html(&html[..place.start]), text_of_html(&html[place.end..])),
            None => text_of_html(html),
        },
        (None, Some(text), Some(signature)) => match find_text(text, signature) {
            Some(place) => format!("{}{}", &text[..place.start], &text[place.end..]),
            None => text.to_owned(),
        },
        (None, text, _) => text.unwrap_or_default().to_owned(),
    }
}

/// The text form of a new letter that has its signature at the end; `None` when it has none there.
pub fn text_of_letter(html: &str) -> Option<String> {
    let place = find(html)?;
    let (above, signature) = (text_with_links(&html[..place.start]), text_with_links(&html[place.clone()]));
    let is_last = text_of_html(&html[place.end..]).trim().is_empty();
    (is_last && !signature.is_empty()).then(|| format!("{}\n\n{DASH}{signature}\n", above.trim_end()))
}

fn marked(html: &str) -> String {
    format!("{OPEN}{html}</div>")
}

/// The first marked block, tags included.
fn find(html: &str) -> Option<Range<usize>> {
    let start = html.find(OPEN)?;
    let (mut at, mut depth) = (start + OPEN.len(), 1);
    while depth > 0 {
        let tag = at + html[at..].find('<')?;
        at = tag + html[tag..].find('>')? + 1;
        match &html[tag..at] {
            "</div>" => depth -= 1,
            open if open.starts_with("<div>") || open.starts_with("<div ") => depth += 1,
            _ => {}
        }
    }
    Some(start..at)
}

/// Where the signature's own words stand in plain text, as whole lines.
fn find_text(text: &str, signature: &str) -> Option<Range<usize>> {
    let forms = [text_with_links(signature), text_of_html(signature).trim_end().to_owned()];
    forms.iter().filter(|form| !form.is_empty()).find_map(|form| {
        let whole = |at: &usize| {
            let (before, after) = (&text[..*at], &text[at + form.len()..]);
            (before.is_empty() || before.ends_with('\n')) && (after.is_empty() || after.starts_with('\n'))
        };
        let at = text.match_indices(form.as_str()).map(|(at, _)| at).filter(whole).last()?;
        Some(at..at + form.len())
    })
}

/// What is read, without what an editor changes in the tags and the white space.
fn words(html: &str) -> Vec<String> {
    text_of_html(html).split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::display::safe_html;

    const INFO: Signature = Some("<div>Groet,</div><div><b>Info</b> <a href=\"https://x.nl/a\">onze site</a></div>");
    const SALES: Signature = Some("<p style=\"color: red\">Verkoop</p>");

    #[test]
    fn a_signature_survives_cleaning_and_gives_way_while_it_is_untouched() {
        let letter = safe_html(&format!("<div>Dag Jan</div>{}<div>P.S.</div>", opening_html(INFO)));
        let other = swapped_html(&letter, INFO, SALES).expect("found");
        assert!(other.contains("Dag Jan") && other.contains("P.S.") && !other.contains("Groet"), "{other}");
        assert_eq!(other.matches(OPEN).count(), 1);
        assert_eq!(words(&swapped_html(&other, SALES, INFO).expect("and back")), words(&letter));
        let none = swapped_html(&letter, INFO, None).expect("found");
        assert_eq!(words(&none), ["Dag", "Jan", "P.S."]);
        let touched = letter.replace("Groet", "Hartelijke groet");
        assert_eq!(swapped_html(&touched, INFO, SALES), None);
        assert_eq!(swapped_html("<div>Weggehaald</div>", INFO, SALES), None);
        assert!(swapped_html("<div>Dag</div>", None, SALES).expect("put there").ends_with("Verkoop</p></div>"));
    }

    #[test]
    fn plain_text_has_the_line_above_it_in_a_new_letter_only() {
        let new = format!("Dag Jan{}", opening_text(INFO, false));
        assert_eq!(new, "Dag Jan\n\n-- \nGroet,\nInfo onze site <https://x.nl/a>");
        assert_eq!(swapped_text(&new, INFO, SALES, false).as_deref(), Some("Dag Jan\n\n-- \nVerkoop"));
        assert_eq!(swapped_text(&new, INFO, None, false).as_deref(), Some("Dag Jan"));
        assert_eq!(swapped_text("Dag Jan\n", None, SALES, true).as_deref(), Some("Dag Jan\n\nVerkoop"));
        let quoted = "Ja.\n\nVerkoop\n\nOp maandag schreef u:\n> Verkoop";
        let swapped = swapped_text(quoted, SALES, INFO, true).expect("found");
        assert!(swapped.ends_with("/a>\n\nOp maandag schreef u:\n> Verkoop"), "{swapped}");
        assert_eq!(swapped_text("Verkoopt u ook?", SALES, INFO, false), None);
    }

    #[test]
    fn what_somebody_wrote_is_told_from_the_signature() {
        let own = own_words(Some(&format!("<div>Zie hier</div>{}", opening_html(INFO))), None, INFO);
        assert_eq!(own.trim(), "Zie hier");
        let text = format!("Zie hier{}", opening_text(INFO, true));
        assert_eq!(own_words(None, Some(&text), INFO).trim(), "Zie hier");
    }

    #[test]
    fn the_text_form_of_a_letter_in_html_has_the_line_too() {
        let letter = format!("<div>Dag</div>{}", opening_html(SALES));
        assert_eq!(text_of_letter(&letter).as_deref(), Some("Dag\n\n-- \nVerkoop\n"));
        assert_eq!(text_of_letter(&format!("{letter}<div>Nog iets</div>")), None);
        assert_eq!(text_of_letter("<div>Dag</div>"), None);
    }
}
