//! x
pub mod date;
