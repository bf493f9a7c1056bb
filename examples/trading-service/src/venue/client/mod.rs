//! A venue seen from the service: its HTTP interface as the traits that the service trades through.

mod error;
#[cfg(test)]
mod tests;

use std::{fmt::Write, net::SocketAddr};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::Full;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use tower::{Service, ServiceExt};

pub(crate) use self::error::VenueError;
use super::check::AT;
use crate::{
    broker::{Broker, Execution, Order},
    day::VenueName,
    market::{MarketData, Quote},
};

/// Speaks to one venue through `S`, in which a caller puts what he wants between it and the wire.
///
/// Requests to execute or cancel an order carry its client id as `Idempotency-Key`: they may be
/// repeated.
#[derive(Clone, Debug)]
pub(crate) struct VenueClient<S> {
    name: VenueName,
    address: SocketAddr,
    service: S,
}

impl<S> VenueClient<S> {
    /// Makes the client of the venue of that name that listens at `address`.
    pub(crate) const fn new(name: VenueName, address: SocketAddr, service: S) -> Self {
        Self {
            name,
            address,
            service,
        }
    }
}

impl<S> VenueClient<S>
where
    S: Service<Request<Full<Bytes>>, Response = Response<Bytes>, Future: Send>
        + Clone
        + Send
        + Sync,
    S::Error: Send,
{
    /// Tells the venue a price, as the exchange's feed.
    pub(crate) async fn feed(&self, quote: &Quote) -> Result<(), VenueError<S::Error>> {
        let path = format!("/quotes/{}", segment(&quote.symbol));
        let body = json!({ "price": quote.price, "at": quote.at });
        let request = self.request(Method::PUT, &path, quote.at)?;
        successful(self.send(with_json(request, &body)?).await?)?;
        Ok(())
    }

    /// Asks whether the venue is well.
    pub(crate) async fn health(&self, at: u64) -> Result<(), VenueError<S::Error>> {
        successful(self.send(self.request(Method::GET, "/health", at)?).await?)?;
        Ok(())
    }

    async fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Bytes>, VenueError<S::Error>> {
        let service = self.service.clone();
        service
            .oneshot(request)
            .await
            .map_err(VenueError::Transport)
    }

    async fn send_order(
        &self,
        method: Method,
        path: &str,
        order: &Order,
        at: u64,
    ) -> Result<Execution, VenueError<S::Error>> {
        let mut request = with_json(self.request(method, path, at)?, order)?;
        let key = HeaderValue::try_from(&order.client_id)
            .map_err(|error| VenueError::Request(error.into()))?;
        request.headers_mut().insert("idempotency-key", key);
        let execution: Execution = answer(&successful(self.send(request).await?)?)?;
        self.own(&order.client_id, execution)
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        at: u64,
    ) -> Result<Request<Full<Bytes>>, VenueError<S::Error>> {
        Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address))
            .header(AT, at)
            .body(Full::default())
            .map_err(VenueError::Request)
    }

    /// Refuses an answer about another order, or of another venue.
    fn own(
        &self,
        client_id: &str,
        execution: Execution,
    ) -> Result<Execution, VenueError<S::Error>> {
        let Execution {
            client_id: id,
            venue,
            ..
        } = &execution;
        if id != client_id || *venue != self.name.as_str() {
            let asked = self.name;
            return Err(VenueError::Malformed(format!(
                "asked {asked} about {client_id:?}, got {id:?} at {venue:?}"
            )));
        }
        Ok(execution)
    }
}

impl<S> Broker for VenueClient<S>
where
    S: Service<Request<Full<Bytes>>, Response = Response<Bytes>, Future: Send>
        + Clone
        + Send
        + Sync,
    S::Error: Send,
{
    type Error = VenueError<S::Error>;

    fn name(&self) -> &str {
        self.name.as_str()
    }

    async fn submit(&self, order: &Order, at: u64) -> Result<Execution, Self::Error> {
        self.send_order(Method::POST, "/orders", order, at).await
    }

    async fn lookup(&self, client_id: &str, at: u64) -> Result<Option<Execution>, Self::Error> {
        let path = format!("/orders/{}", segment(client_id));
        let response = self.send(self.request(Method::GET, &path, at)?).await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let execution = answer(&successful(response)?)?;
        self.own(client_id, execution).map(Some)
    }

    async fn cancel(&self, order: &Order, at: u64) -> Result<Execution, Self::Error> {
        let path = format!("/orders/{}", segment(&order.client_id));
        self.send_order(Method::DELETE, &path, order, at).await
    }

    async fn book(&self, at: u64) -> Result<Vec<Execution>, Self::Error> {
        let request = self.request(Method::GET, "/book", at)?;
        answer(&successful(self.send(request).await?)?)
    }
}

impl<S> MarketData for VenueClient<S>
where
    S: Service<Request<Full<Bytes>>, Response = Response<Bytes>, Future: Send>
        + Clone
        + Send
        + Sync,
    S::Error: Send,
{
    type Error = VenueError<S::Error>;

    async fn quote(&self, symbol: &str, at: u64) -> Result<Quote, Self::Error> {
        let path = format!("/quotes/{}", segment(symbol));
        let request = self.request(Method::GET, &path, at)?;
        answer(&successful(self.send(request).await?)?)
    }
}

fn with_json<E>(
    request: Request<Full<Bytes>>,
    body: &impl Serialize,
) -> Result<Request<Full<Bytes>>, VenueError<E>> {
    let body =
        serde_json::to_vec(body).map_err(|error| VenueError::Malformed(error.to_string()))?;
    let mut request = request.map(|_| Full::from(body));
    let json = HeaderValue::from_static("application/json");
    request.headers_mut().insert(CONTENT_TYPE, json);
    Ok(request)
}

fn successful<E>(response: Response<Bytes>) -> Result<Response<Bytes>, VenueError<E>> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    Err(VenueError::status(status, response.body()))
}

fn answer<T: DeserializeOwned, E>(response: &Response<Bytes>) -> Result<T, VenueError<E>> {
    serde_json::from_slice(response.body())
        .map_err(|error| VenueError::Malformed(error.to_string()))
}

/// Spells a text so that it is one segment of a path, whatever is in it.
fn segment(text: &str) -> String {
    let mut segment = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_~:".contains(&byte) {
            segment.push(char::from(byte));
        } else {
            write!(segment, "%{byte:02X}").expect("a string takes all that is written");
        }
    }
    segment
}
