//! stan.
fn main() {}
