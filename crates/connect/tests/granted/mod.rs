//! Tokens as a sign-in just now would give them.

use async_trait::async_trait;
use connect::{Bearer, ConnectError, Secret};
use simulator::Simulator;
use std::sync::{Arc, Mutex};

/// Gives a token, and another one when it was refused.
pub struct Keys {
    simulator: Arc<Simulator>,
    address: &'static str,
    token: Mutex<String>,
}

impl Keys {
    /// For the mailbox of this address.
    pub fn new(simulator: &Arc<Simulator>, address: &'static str) -> Keys {
        Keys { simulator: simulator.clone(), address, token: Mutex::default() }
    }
}

#[async_trait]
impl Bearer for Keys {
    async fn token(&self, refused: Option<&Secret>) -> Result<Secret, ConnectError> {
        let mut token = self.token.lock().unwrap();
        if token.is_empty() || refused.is_some() {
            *token = self.simulator.with(|cloud| cloud.token_for(self.address));
        }
        Ok(Secret::new(token.as_str()))
    }
}
