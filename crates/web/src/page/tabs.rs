//! The bar of tabs that some pages share, and what was done just before.

use serde::Deserialize;

/// A tab as the bar shows it. The template includes `tabs.html` and has a field `tabs`.
pub(crate) struct Tab {
    pub(crate) path: &'static str,
    pub(crate) label: &'static str,
    pub(crate) current: bool,
    /// What it is divided in, shown when it is open.
    pub(crate) beneath: Vec<Tab>,
}

/// The tabs, of which one is open.
pub(crate) fn tabs<const N: usize>(all: [(&'static str, &'static str); N], current: &str) -> Vec<Tab> {
    all.into_iter().map(|(path, label)| Tab { path, label, current: path == current, beneath: Vec::new() }).collect()
}

/// What happened just before a page is shown, out of its query.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct After {
    #[serde(default)]
    pub(crate) saved: String,
}

impl After {
    /// Something was saved.
    pub(crate) fn is_saved(&self) -> bool {
        !self.saved.is_empty()
    }
}
