//! Who somebody is, by the word of a provider (OpenID Connect Core and Discovery 1.0).
//!
//! A provider's address is typed by an administrator, and a Keycloak in the house is as good as one in the world: besides
//! public addresses those of private networks and this machine are reached. Without TLS only this machine is.

mod address;
mod claims;
#[cfg(test)]
mod claims_test;
mod discovery;
mod keys;
mod person;

pub use address::{is_secure, tidy_issuer};
pub use claims::{Claims, Expected, TokenFault, check, check_caller};
pub use discovery::{Fault, Provider, discover};
pub use keys::Keys;
pub use person::{Failure, person};
