//! Progress bars on a terminal, nothing where the output is read by a program.

use crate::{options::Settled, words};
use indicatif::{ProgressBar, ProgressStyle};

/// A bar over `total` steps, or a spinner while the total is unknown (0).
pub fn bar(options: &Settled, total: u64, what: &str) -> ProgressBar {
    if options.json {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(total);
    let style = ProgressStyle::with_template(words::PROGRESS.say(options.language));
    if let Ok(style) = style {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_message(what.to_owned());
    bar
}
