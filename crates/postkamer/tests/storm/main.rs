//! What a mail room must survive: being killed anywhere, servers that lie, a full disk, mail that kills its reader.

mod books;
mod crash;
mod disk;
mod hostile;
mod house;
mod liar;
mod model;
mod poison;
