//! Why monitoring was not started.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use crate::catalogue::CatalogueError;
use crate::meter::HandleError;

/// Reports a setting that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingError {
    /// The variable or the field.
    pub name: &'static str,
    /// The rule that it breaks.
    pub rule: String,
    /// What was given; nothing of a secret.
    pub value: Option<String>,
}

impl SettingError {
    pub(super) fn new(name: &'static str, rule: &str, value: &str) -> Self {
        Self {
            name,
            rule: rule.to_owned(),
            value: Some(value.chars().take(100).collect()),
        }
    }

    pub(super) fn secret(name: &'static str, rule: &str) -> Self {
        Self {
            name,
            rule: rule.to_owned(),
            value: None,
        }
    }
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, rule, value } = self;
        write!(f, "{name}: {rule}")?;
        match value {
            Some(value) => write!(f, ", got {value:?}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for SettingError {}

/// Says why monitoring was not started.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The config breaks a rule.
    Setting(SettingError),
    /// A metric breaks a rule of the catalogue.
    Catalogue(CatalogueError),
    /// A handle was not given.
    Handle(HandleError),
    /// Machine and process cannot be sampled.
    #[cfg(feature = "system")]
    System(crate::system::SystemError),
    /// The meter shows the policies of an environment already, and takes one.
    #[cfg(feature = "resilience")]
    Policies(crate::policies::AlreadyExported),
    /// The address cannot be had.
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why not.
        error: io::Error,
    },
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting(error) => error.fmt(f),
            Self::Catalogue(error) => error.fmt(f),
            Self::Handle(error) => error.fmt(f),
            #[cfg(feature = "system")]
            Self::System(error) => error.fmt(f),
            #[cfg(feature = "resilience")]
            Self::Policies(error) => error.fmt(f),
            Self::Bind { address, error } => write!(f, "monitoring at {address}: {error}"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Setting(error) => error.source(),
            Self::Catalogue(error) => error.source(),
            Self::Handle(error) => error.source(),
            #[cfg(feature = "system")]
            Self::System(error) => error.source(),
            #[cfg(feature = "resilience")]
            Self::Policies(error) => error.source(),
            Self::Bind { error, .. } => error.source(),
        }
    }
}

impl From<SettingError> for StartError {
    fn from(error: SettingError) -> Self {
        Self::Setting(error)
    }
}

impl From<CatalogueError> for StartError {
    fn from(error: CatalogueError) -> Self {
        Self::Catalogue(error)
    }
}

impl From<HandleError> for StartError {
    fn from(error: HandleError) -> Self {
        Self::Handle(error)
    }
}
