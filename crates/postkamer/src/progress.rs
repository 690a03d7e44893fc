//! Progress bars on a terminal, nothing where the output is read by a program.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over `total` steps, or a spinner while the total is unknown (0).
pub fn bar(quiet: bool, total: u64, what: &str) -> ProgressBar {
    if quiet {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(total);
    let style = ProgressStyle::with_template("{msg:24!} {bar:32} {pos}/{len} {per_sec}, {eta} left");
    if let Ok(style) = style {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_message(what.to_owned());
    bar
}
