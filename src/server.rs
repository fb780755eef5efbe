//! The HTTP server: from a listener to an answer.
//!
//! [`Server`] is the handle that the session holds. Below it a request goes: listener →
//! connection → pipeline → site → target → answer.

mod activity;
pub mod answer;
pub mod body;
mod connection;
pub mod files;
pub mod form;
pub mod guard;
mod handle;
pub mod inject;
pub mod listener;
pub mod live;
pub mod log;
mod missed;
pub mod pages;
pub mod path;
mod pipeline;
pub mod request;
mod site;
mod socket;
pub mod stats;
pub mod status;
pub mod store;
mod target;
mod trace;
pub mod upload;

pub use handle::{Parts, Server};
pub use missed::ByFiles;
pub use site::{Site, SiteError};
