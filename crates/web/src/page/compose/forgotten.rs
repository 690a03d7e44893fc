//! Was the attachment forgotten? Asked once, when the words speak of one and none is there.

/// Words that speak of an attachment, in Dutch and English.
const WORDS: [&str; 12] = [
    "bijlage",
    "bijlagen",
    "bijgevoegd",
    "bijgevoegde",
    "bijgesloten",
    "toegevoegd bestand",
    "attachment",
    "attachments",
    "attached",
    "enclosed",
    "enclosure",
    "attaching",
];

/// Whether the text that somebody wrote (without what they quote) speaks of an attachment.
pub(super) fn speaks_of_a_file(subject: &str, text: &str) -> bool {
    let own = text.lines().filter(|line| !line.trim_start().starts_with('>'));
    let all = own.chain([subject]).collect::<Vec<_>>().join("\n").to_lowercase();
    let words: Vec<&str> = all.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let all = format!(" {} ", words.join(" "));
    WORDS.iter().any(|word| all.contains(&format!(" {word} ")))
}

#[cfg(test)]
mod tests {
    use super::speaks_of_a_file;

    #[test]
    fn a_forgotten_file_is_noticed_and_a_quoted_word_is_not() {
        assert!(speaks_of_a_file("", "Zie de bijlage."));
        assert!(speaks_of_a_file("", "Bijgevoegd vindt u de offerte"));
        assert!(speaks_of_a_file("Offerte (attached)", ""));
        assert!(!speaks_of_a_file("", "Dank!\n> zie bijlage"));
        assert!(!speaks_of_a_file("", "Onze bijlagenkast is vol; she is unattached"));
    }
}
