//! The door for mail that others bring, asked by raw streams, by swaks, and by the servers that bring mail.

mod bounds;
mod clients;
mod dialogue;
mod forged;
mod hostile;
mod house;
mod sealed;
mod suite;
mod verdicts;
