//! Text between people and machines: sizes, durations, harmless and near words, masked secrets.
//!
//! Pure functions without a place in any other room.

mod harmless;
mod masked;
mod nearest;
mod units;

pub use harmless::{harmless, is_harmless};
pub use masked::masked;
pub use nearest::nearest;
pub use units::{duration, parse_duration, parse_size, size};
