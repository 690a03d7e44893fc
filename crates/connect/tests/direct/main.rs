//! Delivery by our own hand, to servers that we did not write, in an internet of the test's own (`testkit::Internet`):
//! BIND with signed zones, Unbound that validates, Postfix and Exim on port 25.

mod delivery;
mod office;
mod proof;
mod signature;
