//! Text between people and machines: sizes, durations, harmless and near words, devices, masked secrets.
//!
//! Pure functions without a place in any other room.

mod device;
mod harmless;
mod masked;
mod nearest;
mod printed;
mod uncoded;
mod units;
mod wrap;

pub use device::device;
pub use harmless::{harmless, is_harmless};
pub use masked::masked;
pub use nearest::nearest;
pub use printed::printed;
pub use uncoded::uncoded;
pub use units::{duration, parse_duration, parse_size, size};
pub use wrap::wrap;
