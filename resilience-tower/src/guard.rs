//! Work of the caller's that may panic.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

/// Runs what `make` makes; a panic, in `make` too, is an error with its message.
pub(crate) async fn unpanicked<F: Future>(make: impl FnOnce() -> F) -> Result<F::Output, String> {
    let run = AssertUnwindSafe(async { make().await }).catch_unwind();
    run.await.map_err(|panic| message(&*panic))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let literal = panic.downcast_ref::<&str>().copied();
    let text = literal.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    match text {
        Some(text) => format!("panicked: {text}"),
        None => "panicked".to_owned(),
    }
}
