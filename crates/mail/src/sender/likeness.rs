//! Whether one domain looks like another (Unicode Technical Standard 39 names the letters that do).

/// As people read it: in Unicode.
pub(super) fn shown(domain: &str) -> String {
    idna::domain_to_unicode(domain).0
}

/// The part that somebody registers, as far as that can be told without a list of registries: the last two labels.
fn registered(domain: &str) -> &str {
    let dots: Vec<usize> = domain.match_indices('.').map(|(at, _)| at).collect();
    dots.len().checked_sub(2).map_or(domain, |before| &domain[dots[before] + 1..])
}

/// Whether these are the domains of two different parties.
pub(super) fn is_elsewhere(one: &str, other: &str) -> bool {
    registered(one) != registered(other)
}

/// Whether the domain could be taken for the known one, and is not of the same party.
pub(super) fn looks_like(domain: &str, known: &str) -> bool {
    if !is_elsewhere(domain, known) {
        return false;
    }
    let (theirs, ours) = (shown(registered(domain)), shown(registered(known)));
    let (Some((label, top)), Some((own, own_top))) = (theirs.rsplit_once('.'), ours.rsplit_once('.')) else {
        return false;
    };
    let same_top = top == own_top;
    // `known.nl.elsewhere.example`, `known-nl.com`
    shown(domain).starts_with(&format!("{ours}."))
        || skeleton(label) == skeleton(&ours)
        || same_top && (skeleton(label) == skeleton(own) || is_slip(label, own))
}

/// Letters of several scripts in one word, or a word of another script in which each letter passes for one of ours.
pub(super) fn mixes_scripts(domain: &str) -> bool {
    shown(domain).split('.').any(|label| {
        let mut scripts: Vec<Script> = label.chars().filter_map(script).collect();
        scripts.dedup();
        let is_foreign = scripts.iter().any(|script| *script != Script::Latin);
        let passes = || skeleton(label).is_ascii() && label.chars().any(char::is_alphabetic);
        is_foreign && (scripts.len() > 1 || passes())
    })
}

#[derive(Clone, Copy, PartialEq)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
}

fn script(letter: char) -> Option<Script> {
    match letter {
        'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => Some(Script::Latin),
        '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Some(Script::Greek),
        '\u{400}'..='\u{52f}' => Some(Script::Cyrillic),
        _ => None,
    }
}

/// What is left of a word when letters that look alike are one letter.
fn skeleton(word: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    let plain = word.nfd().filter(|c| !unicode_normalization::char::is_combining_mark(*c));
    let alike: String = plain.flat_map(char::to_lowercase).filter_map(alike).collect();
    alike.replace("rn", "m").replace("vv", "w").replace("cl", "d")
}

/// The letter of ours that this one passes for; what only parts words passes for nothing.
fn alike(letter: char) -> Option<char> {
    Some(match letter {
        '-' | '_' | '.' => return None,
        '0' | '\u{43e}' | '\u{3bf}' | '\u{f8}' => 'o',
        '1' | 'i' | '|' | '\u{456}' | '\u{4cf}' | '\u{3b9}' | '\u{131}' | '\u{142}' => 'l',
        '\u{430}' | '\u{3b1}' => 'a',
        '\u{435}' | '\u{3b5}' => 'e',
        '\u{440}' | '\u{3c1}' => 'p',
        '\u{441}' => 'c',
        '\u{443}' | '\u{3b3}' => 'y',
        '\u{445}' | '\u{3c7}' => 'x',
        '\u{455}' => 's',
        '\u{458}' => 'j',
        '\u{501}' | '\u{111}' => 'd',
        '\u{43a}' | '\u{3ba}' => 'k',
        '\u{43c}' => 'm',
        '\u{442}' | '\u{3c4}' => 't',
        '\u{43d}' => 'h',
        '\u{4bb}' => 'h',
        '\u{3bd}' => 'v',
        '\u{3c9}' | '\u{51d}' => 'w',
        '\u{3b7}' => 'n',
        '\u{3c5}' => 'u',
        '\u{51b}' => 'q',
        other => other,
    })
}

/// Words shorter than this are a letter apart too often by chance.
const LONG: usize = 7;

/// One letter too many, too few or another, or two that changed places.
fn is_slip(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one == other || one.len().min(other.len()) < LONG || one.len().abs_diff(other.len()) > 1 {
        return false;
    }
    let same = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let (a, b) = (&one[same..], &other[same..]);
    match a.len().cmp(&b.len()) {
        std::cmp::Ordering::Less => a == &b[1..],
        std::cmp::Ordering::Greater => &a[1..] == b,
        std::cmp::Ordering::Equal => {
            a[1..] == b[1..] || a.len() >= 2 && a[0] == b[1] && a[1] == b[0] && a[2..] == b[2..]
        }
    }
}
