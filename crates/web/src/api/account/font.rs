//! Fonts as the interface names them.

use serde::{Deserialize, Serialize};
use store::account::Font;
use utoipa::ToSchema;

/// A font that practically every reader has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Font)]
pub(crate) enum FontName {
    Arial,
    Calibri,
    CourierNew,
    Georgia,
    Tahoma,
    TimesNewRoman,
    TrebuchetMs,
    Verdana,
}

impl From<FontName> for Font {
    fn from(name: FontName) -> Font {
        match name {
            FontName::Arial => Font::Arial,
            FontName::Calibri => Font::Calibri,
            FontName::CourierNew => Font::CourierNew,
            FontName::Georgia => Font::Georgia,
            FontName::Tahoma => Font::Tahoma,
            FontName::TimesNewRoman => Font::TimesNewRoman,
            FontName::TrebuchetMs => Font::TrebuchetMs,
            FontName::Verdana => Font::Verdana,
        }
    }
}

impl From<Font> for FontName {
    fn from(font: Font) -> FontName {
        match font {
            Font::Arial => FontName::Arial,
            Font::Calibri => FontName::Calibri,
            Font::CourierNew => FontName::CourierNew,
            Font::Georgia => FontName::Georgia,
            Font::Tahoma => FontName::Tahoma,
            Font::TimesNewRoman => FontName::TimesNewRoman,
            Font::TrebuchetMs => FontName::TrebuchetMs,
            Font::Verdana => FontName::Verdana,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interface_names_fonts_as_the_database_does() {
        for font in Font::ALL {
            let name = serde_json::to_value(FontName::from(font)).expect("writes");
            assert_eq!(name, font.as_str());
            assert_eq!(Font::from(FontName::from(font)), font);
        }
    }
}
