//! What the tests of the real binary share: sites on loopback, and a configuration in a folder of its own.

pub mod agree;
pub mod samples;
pub mod site;
pub mod world;
