//! One request, and its answer.

use std::error::Error;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::redirect::{Action, Attempt, Policy};
use reqwest::{Proxy, Response, Url};
use tokio::time::timeout_at;

use super::no_header;
use crate::channel::answer::Failure;
use crate::channel::config::Http;
use crate::channel::io::clock::Deadline;
use crate::channel::io::report::Fault;
use crate::channel::io::tls;

/// How much of an answer is read.
const MOST: usize = 64 * 1024;

/// How often a request is sent elsewhere at most.
const REDIRECTS: usize = 10;

/// The longest that another side may ask us to wait.
const LONGEST: Duration = Duration::from_secs(3_600);

/// What is posted; the address is a secret.
pub(super) struct Request {
    pub(super) url: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) json: bool,
    pub(super) retry_after: Option<Duration>,
    /// As far as it was read.
    pub(super) body: String,
    /// Whether that is all.
    pub(super) whole: bool,
}

pub(super) struct Client(reqwest::Client);

impl Client {
    /// Asks no proxy but that of the config.
    pub(super) fn new(http: &Http) -> Result<Self, String> {
        let mut client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::client(&http.tls)?)
            .redirect(match http.follow_redirects {
                true => Policy::custom(follow),
                false => Policy::none(),
            })
            .user_agent(concat!("admf-alerts/", env!("CARGO_PKG_VERSION")))
            .referer(false)
            // A connection that is kept is one that the server may close at the moment when the next notice is on its way.
            .pool_max_idle_per_host(0)
            .no_proxy();
        if let Some(proxy) = &http.proxy {
            let proxy = Proxy::all(&*proxy.expose()?);
            client = client.proxy(proxy.map_err(|_| "`proxy` is no address")?);
        }
        let client = client.build().map_err(|error| chain(&error.without_url()));
        Ok(Self(client?))
    }

    /// Posts, and reads the answer as far as there is time for it.
    pub(super) async fn post(
        &self,
        request: Request,
        limit: Duration,
        now: Duration,
    ) -> Result<Answer, Fault> {
        let deadline = Deadline::after(limit);
        let url = Url::parse(&request.url)
            .map_err(|_| Fault::refused(Failure::Client, "the address is none"))?;
        let host = shown(&url);
        let mut headers = HeaderMap::new();
        for (name, value) in request.headers {
            let mut value = HeaderValue::try_from(value).map_err(|_| no_header(name))?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_static(name), value);
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let sent = self.0.post(url).headers(headers).body(request.body).send();
        let mut response = match timeout_at(deadline.at(), sent).await {
            Err(_) => return Err(Fault::late(limit)),
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                let said = format!("{host}: {}", chain(&error.without_url()));
                return Err(Fault::again(Failure::Other, said));
            }
        };
        let header = |name| response.headers().get(name).and_then(|it| it.to_str().ok());
        let json = header(CONTENT_TYPE).is_some_and(|it| it.starts_with("application/json"));
        let retry_after = header(RETRY_AFTER).and_then(|it| wait(it, now));
        let mut body = Vec::new();
        let whole = timeout_at(deadline.at(), read(&mut response, &mut body)).await == Ok(true);
        Ok(Answer {
            status: response.status().as_u16(),
            json,
            retry_after,
            body: String::from_utf8_lossy(&body).into_owned(),
            whole,
        })
    }
}

/// Follows who asks for the same once more, at the same server: an address and what is posted there are secrets of that one.
/// Other redirects are of those who read pages: what they lead to is asked for and told nothing.
fn follow(attempt: Attempt<'_>) -> Action {
    let kept = matches!(attempt.status().as_u16(), 307 | 308);
    let before = attempt.previous();
    let origin = before.last().map(Url::origin);
    match kept && before.len() <= REDIRECTS && origin == Some(attempt.url().origin()) {
        true => attempt.follow(),
        false => attempt.stop(),
    }
}

/// Reads at most [`MOST`] bytes; says whether that is all.
async fn read(response: &mut Response, body: &mut Vec<u8>) -> bool {
    loop {
        match response.chunk().await {
            Ok(None) => return true,
            Err(_) => return false,
            Ok(Some(chunk)) => {
                let room = MOST - body.len();
                body.extend_from_slice(&chunk[..chunk.len().min(room)]);
                if chunk.len() > room {
                    return false;
                }
            }
        }
    }
}

/// How long to wait, by `Retry-After`: seconds, or a date.
fn wait(text: &str, now: Duration) -> Option<Duration> {
    let seconds = text.trim().parse().ok().map(Duration::from_secs);
    let until = || {
        let date = jiff::fmt::rfc2822::parse(text.trim()).ok()?.timestamp();
        let date = Duration::try_from(date.as_duration()).ok()?;
        Some(date.saturating_sub(now))
    };
    Some(seconds.or_else(until)?.min(LONGEST))
}

/// As much of an address as may be told: scheme and host.
fn shown(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{}://{host}:{port}", url.scheme()),
        None => format!("{}://{host}", url.scheme()),
    }
}

/// An error and what caused it.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}
