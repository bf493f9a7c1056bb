//! What the files that say who is told know of the service itself.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use resilience_core::Env;

use super::webhook::PATH;

/// Where the service hears what it tells, as variables of the files: one that is set in the environment goes first.
#[derive(Clone, Debug)]
pub(super) struct Own {
    /// The address of the endpoint for notices; the Watchdog's is below it.
    pub(super) url: String,
    /// What it asks for.
    pub(super) token: String,
}

impl Own {
    /// Begins with a token that nobody else knows, unless the operator sets one, at an address at which nobody listens.
    pub(super) fn new() -> Self {
        Self {
            url: address(SocketAddr::from(([127, 0, 0, 1], 1))),
            token: token(),
        }
    }

    /// Takes where operations are served.
    pub(super) fn listens(&mut self, at: SocketAddr) {
        self.url = address(at);
    }

    /// Returns a variable of the files.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        match name {
            "ALERTS_WEBHOOK_URL" => Some(self.url.clone()),
            "ALERTS_WATCHDOG_URL" => Some(format!("{}/watchdog", self.url)),
            "ALERTS_WEBHOOK_TOKEN" => Some(self.token.clone()),
            _ => None,
        }
    }
}

/// Returns what the endpoint for notices asks for: what the operator sets, or else what nobody knows.
fn token() -> String {
    if let Ok(token) = std::env::var("ALERTS_WEBHOOK_TOKEN") {
        return token;
    }
    let env = Env::default();
    let chance = env.chance();
    let digit = |_| char::from_digit((chance.unit() * 16.0) as u32 % 16, 16).unwrap_or('0');
    (0..32).map(digit).collect()
}

/// Returns where the service hears what it tells, if it serves operations there.
fn address(mut at: SocketAddr) -> String {
    if at.ip().is_unspecified() {
        at.set_ip(match at.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    format!("http://{at}{}", PATH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_finds_its_own_webhook_wherever_it_listens() {
        for (listens, told) in [
            ("127.0.0.1:81", "http://127.0.0.1:81/ops/alerts/webhook"),
            ("0.0.0.0:81", "http://127.0.0.1:81/ops/alerts/webhook"),
            ("[::]:81", "http://[::1]:81/ops/alerts/webhook"),
        ] {
            let mut own = Own::new();
            own.listens(listens.parse().unwrap());
            assert_eq!(own.variable("ALERTS_WEBHOOK_URL").as_deref(), Some(told));
            let watchdog = format!("{told}/watchdog");
            assert_eq!(own.variable("ALERTS_WATCHDOG_URL"), Some(watchdog));
        }
    }

    #[test]
    fn the_token_is_fit_to_be_one_and_another_each_time() {
        let (one, other) = (Own::new().token, Own::new().token);
        assert!(admf_metrics::http::Token::new(&one).is_ok());
        assert_ne!(one, other);
    }
}
