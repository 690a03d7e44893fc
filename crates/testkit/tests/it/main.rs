//! Every peer once: it starts, somebody we did not write talks to it, it goes away.

mod corpus;
mod imap_peers;
mod model;
mod other_peers;
mod smtp_peers;
