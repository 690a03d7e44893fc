//! TLS.

/// Whom we trust.
#[derive(Debug)]
pub struct Trust;
