//! What is told, when.
