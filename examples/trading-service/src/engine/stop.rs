//! The wish to stop.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::error::Error;

/// Whether somebody asked the run to stop, and by which signal.
#[derive(Debug, Default)]
pub(crate) struct Stop(watch::Sender<u8>);

impl Stop {
    /// Says whether the run should finish what is in flight and end.
    pub(crate) fn requested(&self) -> bool {
        self.exit_code().is_some()
    }

    /// Returns the exit code that tells the signal, as shells do: 130 for SIGINT, 143 for SIGTERM.
    pub(crate) fn exit_code(&self) -> Option<u8> {
        match *self.0.borrow() {
            0 => None,
            signal => Some(128 + signal),
        }
    }

    /// Asks for a stop as a signal of this number would.
    pub(crate) fn request(&self, signal: u8) {
        self.0.send_replace(signal);
    }

    /// Waits until somebody asks.
    pub(crate) fn wanted(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut asked = self.0.subscribe();
        async move {
            // An error says that nobody is left who could ask: then it is over too.
            let _ = asked.wait_for(|signal| *signal != 0).await;
        }
    }

    /// Runs `work` to its end, and takes the signals that come meanwhile as wishes to stop.
    pub(crate) async fn while_listening<T>(
        &self,
        work: impl Future<Output = T>,
    ) -> Result<T, Error> {
        let mut interrupts = signal(SignalKind::interrupt()).map_err(Error::run)?;
        let mut terminations = signal(SignalKind::terminate()).map_err(Error::run)?;
        tokio::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return Ok(done),
                _ = interrupts.recv() => self.request(2),
                _ = terminations.recv() => self.request(15),
            }
        }
    }
}
