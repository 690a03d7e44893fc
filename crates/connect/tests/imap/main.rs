//! The IMAP source against servers of our own making: one that behaves and can be told to misbehave, and scripts.

mod edit;
mod hostile;
mod mirror;
mod model;
mod pull;
mod server;
mod sign_in;
mod wait;
