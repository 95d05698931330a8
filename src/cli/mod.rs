//! The commands: what a person or a script at a terminal asks for, and how it is answered.
pub mod diagnostics;
pub mod init;
