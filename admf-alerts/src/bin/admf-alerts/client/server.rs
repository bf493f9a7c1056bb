//! Whom to ask, and by what right.

use std::fs::File;
use std::io::{self, Read};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Url;

use super::Refused;
use crate::input;

/// The variable that holds a token.
const TOKEN: &str = "ADMF_ALERTS_TOKEN";

/// The most that a file of a token or of certificates may have.
const MOST: u64 = 1 << 20;

#[derive(Debug, clap::Args)]
pub(crate) struct Server {
    /// Where the service is, or an Alertmanager.
    // It is no URL yet, so that no error shows a password in it.
    #[arg(
        long,
        global = true,
        env = "ADMF_ALERTS_URL",
        hide_env_values = true,
        default_value = "http://127.0.0.1:9093"
    )]
    url: String,
    /// Holds the token that the service asks for. Default: the variable `ADMF_ALERTS_TOKEN`, if it is set.
    #[arg(long, global = true, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Holds the certificates to believe, in place of the machine's.
    #[arg(long, global = true, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// How long to wait for an answer.
    #[arg(long, global = true, value_name = "LENGTH", default_value = "30s", value_parser = input::length)]
    pub(crate) timeout: Duration,
}

impl Server {
    pub(crate) fn url(&self) -> Result<Url, Refused> {
        let refused = |problem: &str| Err(Refused::Call(format!("--url: {problem}")));
        let url = match Url::parse(&self.url) {
            Ok(url) if ["http", "https"].contains(&url.scheme()) => url,
            _ => return refused("is no address such as `http://127.0.0.1:9093`"),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return refused("holds a user or a password, which others on this machine can see");
        }
        match url.query().or(url.fragment()) {
            Some(_) => refused("must end before any `?` or `#`"),
            None => Ok(url),
        }
    }

    /// The token, which goes nowhere where others can read it.
    pub(crate) fn token(&self, url: &Url) -> Result<Option<String>, Refused> {
        let Some((of, token)) = self.found()? else {
            return Ok(None);
        };
        if url.scheme() == "http" && !is_loopback(url) {
            let problem = "a token is sent by https, or to this machine; nowhere else by http";
            return Err(Refused::Call(format!("--url: {problem}")));
        }
        let token = token.trim_end_matches(['\r', '\n']);
        match !token.is_empty() && token.bytes().all(|it| it.is_ascii_graphic()) {
            true => Ok(Some(token.to_owned())),
            false => {
                let problem = "a token is one word of visible characters of ASCII";
                Err(Refused::Ask(format!("{of}: {problem}")))
            }
        }
    }

    /// Where it was found, and what is there.
    fn found(&self) -> Result<Option<(String, String)>, Refused> {
        if let Some(path) = &self.token_file {
            let token = String::from_utf8_lossy(&bytes(path)?).into_owned();
            return Ok(Some((path.display().to_string(), token)));
        }
        let token = std::env::var_os(TOKEN).filter(|it| !it.is_empty());
        Ok(token.map(|it| (TOKEN.to_owned(), it.to_string_lossy().into_owned())))
    }

    /// The certificates that the file holds, in place of those of the machine.
    pub(crate) fn certificates(&self) -> Result<Option<Vec<reqwest::Certificate>>, Refused> {
        let Some(path) = &self.ca_file else {
            return Ok(None);
        };
        let certificates = reqwest::Certificate::from_pem_bundle(&bytes(path)?);
        match certificates.ok().filter(|it| !it.is_empty()) {
            Some(certificates) => Ok(Some(certificates)),
            None => Err(Refused::Ask(format!(
                "{}: there are no certificates in it",
                path.display()
            ))),
        }
    }
}

fn bytes(path: &Path) -> Result<Vec<u8>, Refused> {
    let read = || -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(path)?.take(MOST).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let refused = |error| Refused::Ask(format!("{}: cannot be read: {error}", path.display()));
    read().map_err(refused)
}

/// Says whether what is sent there stays on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let address: Option<IpAddr> = address.parse().ok();
    host == "localhost" || address.is_some_and(|it| it.is_loopback())
}
