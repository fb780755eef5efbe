//! The HTTP server: from a listener to an answer.

pub mod answer;
pub mod body;
pub mod form;
pub mod request;
