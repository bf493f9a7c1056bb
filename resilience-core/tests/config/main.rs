//! Configs as text, policies from a file, and what a reload keeps.
#![cfg(not(loom))]

mod apply;
mod errors;
mod kept;
mod same;
mod snapshots;
mod text;
