//! What a state folder belongs to.

use std::path::Path;

use rusqlite::{OptionalExtension, Transaction};

use crate::error::Error;

/// Everything that two runs must have in common to be one, as names and values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity(Vec<(&'static str, String)>);

impl Identity {
    /// Collects names and values.
    pub(crate) fn new(fields: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        Self(fields.into_iter().collect())
    }

    /// Returns a short word that is the same for equal identities: the run's part of a client id.
    pub(crate) fn word(&self) -> String {
        let mut crc = flate2::Crc::new();
        for (name, value) in &self.0 {
            crc.update(format!("{name}={value};").as_bytes());
        }
        format!("{:08x}", crc.sum())
    }

    pub(super) fn write(&self, begun: &Transaction<'_>) -> rusqlite::Result<()> {
        let mut insert = begun.prepare("INSERT INTO identity VALUES (?1, ?2)")?;
        self.0
            .iter()
            .try_for_each(|field| insert.execute((field.0, &field.1)).map(drop))
    }

    pub(super) fn verify(&self, begun: &Transaction<'_>, path: &Path) -> Result<(), Error> {
        for (name, here) in &self.0 {
            let there: Option<String> = begun
                .query_row(
                    "SELECT value FROM identity WHERE name = ?1",
                    [name],
                    |row| row.get(0),
                )
                .optional()
                .map_err(|error| Error::Run(format!("{}: {error}", path.display())))?;
            if there.as_ref() != Some(here) {
                let folder = path.parent().unwrap_or(path).display();
                let there = there.unwrap_or_else(|| "unknown".to_owned());
                return Err(Error::Config(format!(
                    "--state: {folder} belongs to a run with {name} {there}, got {name} {here}"
                )));
            }
        }
        Ok(())
    }
}
