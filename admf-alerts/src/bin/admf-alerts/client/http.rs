//! One request, and its answer.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use admf_alerts::duration;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Method, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Refused;
use super::answer::{self, MOST, cause};
use super::server::Server;

/// Asks one service.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    url: Url,
    authorization: Option<HeaderValue>,
    timeout: Duration,
}

/// Waits for what is asked.
pub(crate) fn wait<T>(asked: impl Future<Output = Result<T, Refused>>) -> Result<T, Refused> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Refused::Ask(format!("cannot wait for an answer: {error}")))?;
    let done = runtime.block_on(asked);
    // A name that is still looked up is no longer waited for.
    runtime.shutdown_background();
    done
}

impl Client {
    /// Follows nobody elsewhere, and asks no proxy: who gets the token is who was named.
    pub(crate) fn new(server: &Server) -> Result<Self, Refused> {
        let url = server.url()?;
        let authorization = server.token(&url)?.map(|token| {
            let value = HeaderValue::try_from(format!("Bearer {token}"));
            let mut value = value.expect("its characters are visible");
            value.set_sensitive(true);
            value
        });
        // Who comes first has decided already, and nobody came before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut http = reqwest::Client::builder()
            .redirect(Policy::none())
            .user_agent(concat!("admf-alerts/", env!("CARGO_PKG_VERSION")))
            .referer(false)
            .no_proxy()
            // Whatever a resolver says: a token may go there.
            .resolve_to_addrs("localhost", &loopbacks());
        if let Some(certificates) = server.certificates()? {
            http = http.tls_certs_only(certificates);
        } else if url.scheme() == "http" {
            // Nobody has to be believed, so none of the machine's are read.
            http = http.tls_certs_only([]);
        }
        let http = http.build();
        Ok(Self {
            http: http.map_err(|error| Refused::Ask(cause(&error)))?,
            url,
            authorization,
            timeout: server.timeout,
        })
    }

    pub(crate) async fn get(
        &self,
        path: &[&str],
        query: &[(&str, String)],
    ) -> Result<Value, Refused> {
        let mut url = self.at(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.ask(Method::GET, url, None).await
    }

    pub(crate) async fn post(&self, path: &[&str], body: &Value) -> Result<Value, Refused> {
        self.ask(Method::POST, self.at(path), Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &[&str]) -> Result<Value, Refused> {
        self.ask(Method::DELETE, self.at(path), None).await
    }

    /// Reads an answer as what it should be.
    pub(crate) fn read<T: DeserializeOwned>(
        &self,
        path: &[&str],
        answer: &Value,
    ) -> Result<T, Refused> {
        let read = T::deserialize(answer);
        read.map_err(|error| refused(&self.at(path), &format!("no such answer is known: {error}")))
    }

    fn at(&self, path: &[&str]) -> Url {
        let mut url = self.url.clone();
        let mut segments = url.path_segments_mut().expect("it is http");
        segments.pop_if_empty().extend(path);
        drop(segments);
        url
    }

    async fn ask(&self, method: Method, url: Url, body: Option<&Value>) -> Result<Value, Refused> {
        let mut shown = url.clone();
        shown.set_query(None);
        let mut request = self.http.request(method, url).timeout(self.timeout);
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        if let Some(body) = body {
            let kind = HeaderValue::from_static("application/json");
            request = request.header(CONTENT_TYPE, kind).body(body.to_string());
        }
        let failed = |error: reqwest::Error| refused(&shown, &self.failed(&error));
        let mut response = request.send().await.map_err(failed)?;
        let status = response.status();
        let body = answer::read(&mut response).await.map_err(failed)?;
        let body = body.ok_or_else(|| {
            let problem = format!("answers with more than {} MiB", MOST >> 20);
            refused(&shown, &problem)
        })?;
        answer::understood(status, &body).map_err(|problem| refused(&shown, &problem))
    }

    fn failed(&self, error: &reqwest::Error) -> String {
        match error {
            error if error.is_timeout() => {
                format!("no answer within {}", duration::shown(self.timeout))
            }
            error if error.is_connect() => format!("cannot be reached: {}", cause(error)),
            error => cause(error),
        }
    }
}

/// This machine, by both versions; the port is that of the address.
fn loopbacks() -> [SocketAddr; 2] {
    [
        (Ipv4Addr::LOCALHOST, 0).into(),
        (Ipv6Addr::LOCALHOST, 0).into(),
    ]
}

fn refused(url: &Url, problem: &str) -> Refused {
    Refused::Ask(format!("{url}: {problem}"))
}
