//! Name lookups.

/// Looks names up; the system's resolver in the program, a table in tests.
#[async_trait::async_trait]
pub trait Resolver: Send + Sync + std::fmt::Debug {}
