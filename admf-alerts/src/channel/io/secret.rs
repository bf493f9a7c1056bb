//! Secrets, when they are needed.

use std::borrow::Cow;

use super::report::Fault;
use crate::channel::answer::Failure;
use crate::channel::config::Secret;

/// Returns the text of a secret, without keeping others waiting while its file is read.
pub(super) async fn exposed(secret: &Secret) -> Result<String, Fault> {
    if let Some(known) = secret.known() {
        return Ok(known.to_owned());
    }
    let secret = secret.clone();
    let read = tokio::task::spawn_blocking(move || secret.expose().map(Cow::into_owned));
    match read.await {
        Ok(Ok(text)) => Ok(text),
        // It may be put there any moment.
        Ok(Err(error)) => Err(Fault::again(Failure::Auth, error)),
        Err(_) => Err(Fault::again(Failure::Other, "the runtime ends")),
    }
}
