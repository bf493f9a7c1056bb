//! What who leads knows, for the next one.

use crate::notify::{Changes, State};

/// Holds what was written down.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) state: State,
    /// How often something was written.
    pub(crate) revision: u64,
    /// What could not be read, such as what another version wrote.
    pub(crate) unread: Vec<String>,
}

/// Writes it down, as long as this process leads.
pub(crate) enum Book {
    #[cfg(feature = "leader-postgres")]
    Postgres(Box<super::table::Writer>),
}

impl Book {
    /// Writes what changed, all or nothing.
    ///
    /// # Errors
    ///
    /// It is not known to be written, or another process leads.
    #[cfg_attr(
        not(feature = "leader-postgres"),
        expect(clippy::unused_async, reason = "there is none")
    )]
    pub(crate) async fn write(&mut self, changes: Changes) -> Result<(), String> {
        match self {
            #[cfg(feature = "leader-postgres")]
            Self::Postgres(writer) => writer.write(changes).await,
            #[cfg(not(feature = "leader-postgres"))]
            _ => {
                drop(changes);
                match *self {}
            }
        }
    }
}
