//! Configs as text, and policies from a file.
