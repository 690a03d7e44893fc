//! Square codes for telephones, as a drawing.

use qrcodegen::{QrCode, QrCodeEcc};

/// A square code: how many fields wide, and the dark ones as the path of a drawing.
pub(crate) struct Square {
    pub(crate) size: i32,
    pub(crate) path: String,
}

impl Square {
    /// The code of this text, with the four fields of quiet around it that readers ask for; none when it is too long.
    pub(crate) fn of(text: &str) -> Option<Square> {
        const QUIET: i32 = 4;
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
        let fields = (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (x, y)));
        let dark = fields.filter(|(x, y)| code.get_module(*x, *y));
        let path = dark.map(|(x, y)| format!("M{} {}h1v1h-1z", x + QUIET, y + QUIET)).collect();
        Some(Square { size: code.size() + 2 * QUIET, path })
    }
}
