//! Middleware that tries again.

mod repeat;

pub use self::repeat::Repeat;
