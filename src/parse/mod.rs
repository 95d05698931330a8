//! Documents into entries. So far only the check of selectors, which the configuration needs too.
pub mod selector;
