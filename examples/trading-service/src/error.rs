//! What ends the program early, and the exit code that says so.

use std::fmt;

/// A reason to stop, worded for the person at the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Error {
    /// The command line, the environment or the state folder ask for something that cannot be.
    Config(String),
    /// Something the program needs is missing, broken or taken.
    Run(String),
}

impl Error {
    /// Makes an error of the run from anything that can be printed.
    pub(crate) fn run(reason: impl fmt::Display) -> Self {
        Self::Run(reason.to_string())
    }

    /// Returns the exit code: 2 for a bad setting, as clap does, and 1 for the rest.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_) => 2,
            Self::Run(_) => 1,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Config(text) | Self::Run(text)) = self;
        // One line, whatever a library put into its message.
        for (index, line) in text.lines().map(str::trim).enumerate() {
            f.write_str(if index == 0 { "" } else { " " })?;
            f.write_str(line)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::Run(format!("ledger: {error}"))
    }
}
