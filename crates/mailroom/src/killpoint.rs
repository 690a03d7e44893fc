//! Named points at which the crash tests kill the program.

/// Kills the program without any clean-up when `POSTKAMER_KILLPOINT` is `name:n` and this is the n-th time here.
/// Only in debug builds; nothing otherwise.
#[macro_export]
macro_rules! killpoint {
    ($name:literal) => {
        #[cfg(debug_assertions)]
        $crate::killed_at($name);
    };
}

/// What [`killpoint!`] calls.
#[cfg(debug_assertions)]
pub fn killed_at(name: &str) {
    use std::sync::{
        OnceLock,
        atomic::{AtomicI64, Ordering},
    };
    static CHOSEN: OnceLock<Option<(String, AtomicI64)>> = OnceLock::new();
    let chosen = CHOSEN.get_or_init(|| {
        let text = std::env::var("POSTKAMER_KILLPOINT").ok()?;
        let (name, count) = text.rsplit_once(':')?;
        Some((name.to_owned(), AtomicI64::new(count.parse().ok()?)))
    });
    if let Some((wanted, left)) = chosen
        && wanted == name
        && left.fetch_sub(1, Ordering::Relaxed) == 1
    {
        // SIGKILL, not abort: no handler, no flush, as when the power goes.
        let _ = std::process::Command::new("kill").args(["-9", &std::process::id().to_string()]).status();
        std::process::abort();
    }
}
