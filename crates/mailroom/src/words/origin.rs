//! Where the settings that were found for an address come from.

use super::{Text, text};
use connect::discover::Origin;

/// The source in words. The match has no catch-all: a new source does not compile without them.
pub fn origin(origin: Origin) -> Text {
    match origin {
        Origin::Preset => text("uit onze lijst van providers", "from our list of providers"),
        Origin::Autoconfig => text("door de provider zelf gepubliceerd", "published by the provider itself"),
        Origin::Ispdb => text("uit de openbare lijst van Thunderbird", "from Thunderbird's public list"),
        Origin::Srv => text("uit het domein zelf, in DNS", "from the domain itself, in DNS"),
        Origin::Autodiscover => text("van Microsoft autodiscover", "from Microsoft's autodiscover"),
        Origin::Mx => text("naar wie de mail van het domein ontvangt", "by who takes the domain's mail"),
        Origin::Guess => text("geraden: deze servers antwoordden goed", "guessed: these servers answered well"),
    }
}
