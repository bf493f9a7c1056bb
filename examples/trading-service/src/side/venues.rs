//! The two venues of a side, as processes.

use std::net::SocketAddr;
use std::path::Path;

use crate::day::VenueName;
use crate::error::Error;
use crate::settings::Settings;
use crate::venue::{HttpTransport, VenueArgs, VenueClient, VenueProcess};

/// Speaks to a venue with nothing between it and the wire.
pub(crate) type BareClient = VenueClient<HttpTransport>;

/// The primary and the backup, running; dropped, they end.
#[derive(Debug)]
pub(crate) struct Venues {
    primary: VenueProcess,
    backup: VenueProcess,
}

impl Venues {
    /// Starts both with their books in `folder`.
    pub(crate) async fn start(
        folder: &Path,
        settings: &Settings,
        bars: u64,
    ) -> Result<Self, Error> {
        let exe =
            std::env::current_exe().map_err(|error| Error::Run(format!("own program: {error}")))?;
        let start = async |name: VenueName| {
            let args = VenueArgs {
                name,
                book: folder.join(format!("{name}.sqlite")),
                scenario: settings.scenario,
                seed: settings.seed,
                bars,
            };
            VenueProcess::start(&exe, &args)
                .await
                .map_err(|error| Error::Run(format!("venue {name}: {error}")))
        };
        Ok(Self {
            primary: start(VenueName::Primary).await?,
            backup: start(VenueName::Backup).await?,
        })
    }

    /// Tells where one of them listens.
    pub(crate) fn address(&self, name: VenueName) -> SocketAddr {
        let process = match name {
            VenueName::Primary => &self.primary,
            VenueName::Backup => &self.backup,
        };
        process.address()
    }

    /// Returns a bare client of one of them, with connections of its own.
    pub(crate) fn client(&self, name: VenueName) -> BareClient {
        VenueClient::new(name, self.address(name), HttpTransport::new())
    }

    /// Returns bare clients of both, the primary first.
    pub(crate) fn clients(&self) -> [BareClient; 2] {
        [VenueName::Primary, VenueName::Backup].map(|name| self.client(name))
    }

    /// Waits until one of them ends by itself, and says so.
    pub(crate) async fn lost(&mut self) -> Error {
        let (name, ended) = tokio::select! {
            biased;
            ended = self.primary.ended() => (VenueName::Primary, ended),
            ended = self.backup.ended() => (VenueName::Backup, ended),
        };
        let how = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
        Error::Run(format!("venue {name}: its process has ended: {how}"))
    }

    /// Ends both.
    pub(crate) async fn stop(self) -> Result<(), Error> {
        for (name, process) in [
            (VenueName::Primary, self.primary),
            (VenueName::Backup, self.backup),
        ] {
            process
                .stop()
                .await
                .map_err(|error| Error::Run(format!("venue {name}: {error}")))?;
        }
        Ok(())
    }
}
