//! The two venues of a side, as processes.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::day::VenueName;
use crate::error::Error;
use crate::settings::Settings;
use crate::venue::{FREE, HttpTransport, VenueArgs, VenueClient, VenueProcess};

/// Speaks to a venue with nothing between it and the wire.
pub(crate) type BareClient = VenueClient<HttpTransport>;

/// The primary and the backup, running; dropped, they end.
#[derive(Debug)]
pub(crate) struct Venues([Arc<Venue>; 2]);

/// One venue, whose process may end and be started again at the same address.
#[derive(Debug)]
pub(crate) struct Venue {
    exe: PathBuf,
    args: VenueArgs,
    /// `None` while there is none.
    process: Mutex<Option<VenueProcess>>,
}

impl Venue {
    async fn start(exe: &Path, mut args: VenueArgs) -> Result<Self, Error> {
        let process = process(exe, &args).await?;
        args.listen = process.address();
        Ok(Self {
            exe: exe.to_owned(),
            args,
            process: Mutex::new(Some(process)),
        })
    }

    /// Tells which one it is.
    pub(crate) fn name(&self) -> VenueName {
        self.args.name
    }

    /// Waits until its process ends by itself, which it should not, and says so.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future changes nothing.
    pub(crate) async fn ended(&self) -> Error {
        let mut place = self.process.lock().await;
        let ended = match place.as_mut() {
            Some(process) => process.ended().await,
            None => return self.error("has no process"),
        };
        *place = None;
        let how = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
        self.error(&format!("its process has ended: {how}"))
    }

    /// Starts its process if it has none; says whether it did.
    ///
    /// # Errors
    ///
    /// When it cannot be started, or does not listen where it did.
    pub(crate) async fn restart(&self) -> Result<bool, Error> {
        let mut place = self.process.lock().await;
        if place.is_some() {
            return Ok(false);
        }
        *place = Some(process(&self.exe, &self.args).await?);
        Ok(true)
    }

    async fn stop(&self) -> Result<(), Error> {
        let process = self.process.lock().await.take();
        if let Some(process) = process {
            let stopped = process.stop().await;
            stopped.map_err(|error| self.error(&error.to_string()))?;
        }
        Ok(())
    }

    fn error(&self, what: &str) -> Error {
        Error::Run(format!("venue {}: {what}", self.args.name))
    }
}

async fn process(exe: &Path, args: &VenueArgs) -> Result<VenueProcess, Error> {
    let name = args.name;
    let failed = |error| Error::Run(format!("venue {name}: {error}"));
    VenueProcess::start(exe, args).await.map_err(failed)
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
                listen: FREE,
            };
            Venue::start(&exe, args).await.map(Arc::new)
        };
        Ok(Self([
            start(VenueName::Primary).await?,
            start(VenueName::Backup).await?,
        ]))
    }

    /// Returns both, the primary first.
    pub(crate) fn each(&self) -> &[Arc<Venue>; 2] {
        &self.0
    }

    /// Tells where one of them listens.
    pub(crate) fn address(&self, name: VenueName) -> SocketAddr {
        let [primary, backup] = &self.0;
        let venue = match name {
            VenueName::Primary => primary,
            VenueName::Backup => backup,
        };
        venue.args.listen
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
    pub(crate) async fn lost(&self) -> Error {
        let [primary, backup] = &self.0;
        tokio::select! {
            biased;
            error = primary.ended() => error,
            error = backup.ended() => error,
        }
    }

    /// Ends both.
    pub(crate) async fn stop(&self) -> Result<(), Error> {
        for venue in &self.0 {
            venue.stop().await?;
        }
        Ok(())
    }
}
