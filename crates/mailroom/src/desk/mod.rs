//! Working with mail: marking, moving, linking, and what a team does with its conversations (features D1, D3, D7).

pub mod link;
pub mod message;
