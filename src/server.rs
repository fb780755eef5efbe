//! The HTTP server: from a listener to an answer.
//!
//! [`Server`] is the handle that the session holds. Below it a request goes: listener →
//! connection → pipeline → site → target → answer.

mod accept;
pub mod answer;
pub mod apps;
pub mod body;
mod clock;
mod connection;
mod descriptors;
mod drain;
mod encode;
pub mod fields;
pub mod files;
pub mod form;
pub mod gone;
pub mod guard;
mod handle;
pub mod http1;
mod http2;
pub mod inject;
pub mod interim;
pub mod listener;
pub mod live;
pub mod log;
mod missed;
mod own;
pub mod pages;
pub mod path;
mod pipeline;
mod ready;
mod refused;
pub mod request;
mod site;
mod source;
pub mod stats;
pub mod status;
pub mod store;
mod target;
#[cfg(test)]
mod testing;
mod trace;
pub mod upgrade;
pub mod upload;

pub(crate) use descriptors::inherit_none;

pub use handle::{Parts, Server};
pub use missed::ByFiles;
pub use site::{Site, SiteError};
