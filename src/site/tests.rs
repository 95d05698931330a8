//! Pages read back.
