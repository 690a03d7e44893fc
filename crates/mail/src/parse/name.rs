//! File names that are safe on every system, whatever a sender calls a part.

use super::word;

/// Longest name in bytes; file systems take 255, and people add to names.
const LIMIT: usize = 180;

/// `name` as a file name: its last path element, without controls, direction marks, or characters that Windows refuses;
/// never empty, never a device, never hidden.
pub(super) fn safe(name: Option<&str>, kind: &str) -> String {
    let name = name.unwrap_or_default();
    let last = name.rsplit(['/', '\\']).find(|part| !part.trim().is_empty()).unwrap_or_default();
    let clean: String = word::one_line(last)
        .chars()
        .map(|c| if matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*') || c.is_control() { '_' } else { c })
        .collect();
    let clean = clean.trim_matches([' ', '.']);
    if clean.is_empty() {
        return format!("{}.{}", plain_name(kind), extension(kind));
    }
    let stem = clean.split('.').next().unwrap_or_default().trim().to_ascii_uppercase();
    let numbered = |device: &str| stem.strip_prefix(device).is_some_and(|rest| rest.len() == 1 && rest != "0");
    let device = matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT");
    shorten(&if device { format!("_{clean}") } else { clean.to_owned() })
}

/// Cuts the middle, so that the extension, which says what the file is, stays.
fn shorten(name: &str) -> String {
    if name.len() <= LIMIT {
        return name.to_owned();
    }
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let extension = if extension.len() <= 16 { extension } else { "" };
    let stem = &name[..name.floor_char_boundary(LIMIT - extension.len() - 1)];
    if extension.is_empty() { stem.to_owned() } else { format!("{}.{extension}", stem.trim_end()) }
}

fn plain_name(kind: &str) -> &'static str {
    match kind.split('/').next() {
        Some("image") => "image",
        Some("audio") => "audio",
        Some("video") => "video",
        Some("message") => "message",
        Some("text") => match kind {
            "text/calendar" => "invite",
            "text/rfc822-headers" => "headers",
            _ => "text",
        },
        _ => "attachment",
    }
}

fn extension(kind: &str) -> &'static str {
    match kind {
        "text/html" => "html",
        "text/calendar" => "ics",
        "text/csv" => "csv",
        "text/vcard" | "text/x-vcard" => "vcf",
        "message/rfc822" | "message/global" => "eml",
        "application/pdf" => "pdf",
        "application/zip" | "application/x-zip-compressed" => "zip",
        "application/ms-tnef" => "dat",
        "application/json" => "json",
        "application/xml" | "text/xml" => "xml",
        "application/pgp-signature" => "asc",
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => "p7s",
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => "p7m",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => "docx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "xlsx",
        "image/jpeg" | "image/jpg" => "jpg",
        "image/png" => "png",
        "image/gif" => "gif",
        "image/webp" => "webp",
        "image/svg+xml" => "svg",
        "image/tiff" => "tif",
        "audio/mpeg" => "mp3",
        "audio/wav" | "audio/x-wav" => "wav",
        "video/mp4" => "mp4",
        _ if kind.starts_with("text/") || kind.starts_with("message/") => "txt",
        _ => "bin",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_of_its_folder() {
        assert_eq!(safe(Some("../../etc/passwd"), "text/plain"), "passwd");
        assert_eq!(safe(Some("C:\\tmp\\fact:uur\u{202E}fdp.exe"), "a/b"), "fact_uurfdp.exe");
        assert_eq!(safe(Some("..\\.."), "application/pdf"), "attachment.pdf");
        assert_eq!(safe(Some("a\r\nb\0.pdf"), "a/b"), "a b .pdf");
        assert_eq!(safe(Some("nul.txt"), "a/b"), "_nul.txt");
        assert_eq!(safe(Some(".htaccess"), "a/b"), "htaccess");
        assert_eq!(safe(None, "image/jpeg"), "image.jpg");
        assert_eq!(safe(Some("  "), "text/calendar"), "invite.ics");
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        let name = safe(Some(&format!("{}.pdf", "é".repeat(400))), "application/pdf");
        assert!(name.len() <= LIMIT && name.ends_with("é.pdf"), "{name}");
    }
}
