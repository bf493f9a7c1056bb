//! What travels with a call, in and out of headers.

mod client;
mod headers;
mod server;

use http::Request;

pub use self::client::{ClientContext, ClientContextFuture, ClientContextLayer};
pub use self::headers::ContextHeaders;
pub use self::server::{ServerContext, ServerContextFuture, ServerContextLayer};

use crate::CallContext;
use crate::context::{self, Carries};

impl<B> Carries for Request<B> {
    /// Returns the context in the request's extensions.
    fn context(&self) -> Option<&CallContext> {
        self.extensions().get()
    }
}

/// Returns what a request carries, and what it does not say of itself from the task that sends it;
/// of two deadlines the earlier.
fn context_of<B>(request: &Request<B>) -> CallContext {
    let current = context::current();
    let Some(own) = request.context() else {
        return current;
    };
    let deadlines = own.deadline.into_iter().chain(current.deadline);
    CallContext {
        deadline: deadlines.min(),
        correlation_id: own.correlation_id.clone().or(current.correlation_id),
    }
}
