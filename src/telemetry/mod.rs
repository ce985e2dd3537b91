//! Logs, metrics, health: what an operator sees of the running bot. Never decides, never holds a secret.

pub mod health;
pub mod logs;
pub mod metrics;
pub mod server;
