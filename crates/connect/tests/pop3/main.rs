//! The POP3 source against servers of our own making: a model that can be told to misbehave, and scripts.

mod collect;
mod hostile;
mod kept;
mod let_go;
mod sign_in;
