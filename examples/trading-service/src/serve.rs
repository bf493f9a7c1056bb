//! The service that stays up.

use std::net::SocketAddr;

use crate::error::Error;
use crate::settings::Settings;

/// Serves quotes and orders at `api`, and health and metrics beside it, until asked to stop.
pub(crate) async fn run(_: &Settings, _api: SocketAddr) -> Result<(), Error> {
    Err(Error::Run("serve: not built".to_owned()))
}
