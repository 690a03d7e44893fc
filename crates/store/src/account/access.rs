//! By whom a mailbox is opened.

/// By whom a mailbox at a provider is opened that wants no password (features M8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// By a grant of its owner; also what everything else has.
    #[default]
    Own,
    /// By the organisation's app, which needs nobody.
    App,
    /// By a grant of somebody it is shared with.
    Shared,
}

impl Access {
    /// The name in the database and the interface.
    pub fn as_str(self) -> &'static str {
        match self {
            Access::Own => "own",
            Access::App => "app",
            Access::Shared => "shared",
        }
    }

    /// The access of that name.
    pub fn from_name(name: &str) -> Option<Access> {
        [Access::Own, Access::App, Access::Shared].into_iter().find(|access| access.as_str() == name)
    }
}
