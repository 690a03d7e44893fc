//! The submission client against servers that keep to a script, also where it hurts.

mod exchange;
mod faults;
mod server;
mod sign_in;
mod tls;
