//! A venue in memory, at the other end of a wire that fails on script.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Method, Response, StatusCode};
use http_body_util::BodyExt;
use resilience_core::BoxError;
use serde_json::json;
use tokio::time::{Instant, sleep};
use tower::Service;

use super::super::compose::Call;
use crate::broker::{Order, Status};
use crate::day::Fault;
use crate::testing::FakeVenue;

/// A wire to a venue whose book outlives whoever asks it.
#[derive(Clone, Debug)]
pub(super) struct FakeWire {
    venue: FakeVenue,
    desk: Arc<Mutex<Desk>>,
}

/// What becomes of requests.
#[derive(Debug)]
struct Desk {
    /// What happens to the next requests, health checks left out.
    script: VecDeque<Fault>,
    /// What happens to those after, and to health checks.
    weather: Fault,
    listens: bool,
    /// What the venue will do though the client went away.
    on_the_way: Vec<(Instant, Order, Status)>,
    /// The client ids that a request reached the venue for.
    reached: Vec<String>,
    prices: BTreeMap<String, i64>,
    /// What requests said of the time that was left and of their correlation id.
    told: Vec<Told>,
}

/// Milliseconds and id, where they were told.
pub(super) type Told = (Option<u64>, Option<String>);

impl FakeWire {
    pub(super) fn pair() -> [Self; 2] {
        FakeVenue::pair().map(|venue| Self {
            venue,
            desk: Arc::new(Mutex::new(Desk {
                script: VecDeque::new(),
                weather: Fault::None,
                listens: true,
                on_the_way: Vec::new(),
                reached: Vec::new(),
                prices: BTreeMap::new(),
                told: Vec::new(),
            })),
        })
    }

    pub(super) fn name(&self) -> &'static str {
        self.venue.name
    }

    /// Says what happens to the next requests.
    pub(super) fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        self.desk().script.extend(faults);
    }

    /// Forgets what is left of the script.
    pub(super) fn script_ends(&self) {
        self.desk().script.clear();
    }

    /// Says what happens to the requests that no script tells of.
    pub(super) fn weather(&self, fault: Fault) {
        self.desk().weather = fault;
    }

    /// Says whether anybody listens at the other end.
    pub(super) fn listens(&self, listens: bool) {
        self.desk().listens = listens;
    }

    pub(super) fn price(&self, symbol: &str, price: i64) {
        self.desk().prices.insert(symbol.to_owned(), price);
    }

    /// Counts the requests about an order that arrived.
    pub(super) fn reached(&self, id: &str) -> usize {
        self.desk().reached.iter().filter(|it| *it == id).count()
    }

    /// Returns how an order stands once everything that is on its way has arrived.
    pub(super) fn in_the_end(&self, id: &str) -> Option<Status> {
        let late = std::mem::take(&mut self.desk().on_the_way);
        for (_, order, status) in late {
            self.venue.enter(&order, status);
        }
        self.status(id)
    }

    pub(super) fn status(&self, id: &str) -> Option<Status> {
        self.venue.book.lock().unwrap().get(id).map(|it| it.status)
    }

    /// Returns what the requests so far said of their contexts.
    pub(super) fn told(&self) -> Vec<Told> {
        self.desk().told.clone()
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap()
    }

    async fn answer(self, call: Call) -> Result<Response<Bytes>, BoxError> {
        let (head, body) = call.into_parts();
        let body = body.collect().await?.to_bytes();
        let path = head.uri.path().to_owned();
        let order = serde_json::from_slice::<Order>(&body).ok();
        let text = |name| Some(head.headers.get(name)?.to_str().ok()?.to_owned());
        let left = text("x-timeout-ms").and_then(|left| left.parse().ok());
        self.desk().told.push((left, text("x-correlation-id")));
        let fault = self.arrive(&path, order.as_ref())?;
        let answer = |it: &Self| it.carry_out(&head.method, &path, order.as_ref());
        match fault {
            Fault::None => Ok(answer(&self)),
            Fault::Refuse => Ok(says(StatusCode::SERVICE_UNAVAILABLE, "down")),
            Fault::FailAfter => {
                answer(&self);
                Ok(says(StatusCode::INTERNAL_SERVER_ERROR, "failed"))
            }
            Fault::DropReply => {
                answer(&self);
                Err(io::Error::from(io::ErrorKind::ConnectionReset).into())
            }
            Fault::SlowBefore(delay) => {
                self.put_on_the_way(&head.method, order.as_ref(), Instant::now() + delay);
                sleep(delay).await;
                Ok(answer(&self))
            }
            Fault::SlowAfter(delay) => {
                let answer = answer(&self);
                sleep(delay).await;
                Ok(answer)
            }
            Fault::RateLimited(wait) => {
                let mut answer = says(StatusCode::TOO_MANY_REQUESTS, "too many");
                let millis = u64::try_from(wait.as_millis()).unwrap();
                answer.headers_mut().insert("retry-after-ms", millis.into());
                answer.headers_mut().insert("retry-after", 1.into());
                Ok(answer)
            }
            Fault::BlackHole => std::future::pending().await,
        }
    }

    /// Takes a request in, and tells what happens to it.
    fn arrive(&self, path: &str, order: Option<&Order>) -> Result<Fault, BoxError> {
        let mut desk = self.desk();
        if !desk.listens {
            return Err(io::Error::from(io::ErrorKind::ConnectionRefused).into());
        }
        let id = order.map_or_else(|| last(path), |order| &order.client_id);
        desk.reached.push(id.to_owned());
        let now = Instant::now();
        for (_, order, status) in desk.on_the_way.extract_if(.., |(when, _, _)| *when <= now) {
            self.venue.enter(&order, status);
        }
        let scripted = match path {
            "/health" => None,
            _ => desk.script.pop_front(),
        };
        Ok(scripted.unwrap_or(desk.weather))
    }

    fn put_on_the_way(&self, method: &Method, order: Option<&Order>, when: Instant) {
        let entry = order.zip(entered(method));
        let late = entry.map(|(order, status)| (when, order.clone(), status));
        self.desk().on_the_way.extend(late);
    }

    fn carry_out(&self, method: &Method, path: &str, order: Option<&Order>) -> Response<Bytes> {
        if let (Some(order), Some(status)) = (order, entered(method)) {
            if order.quantity == 0 {
                return says(StatusCode::BAD_REQUEST, "quantity: must be at least 1");
            }
            return ok(&json!(self.venue.enter(order, status)));
        }
        let id = last(path);
        let found = if path.starts_with("/orders/") {
            let book = self.venue.book.lock().unwrap();
            book.get(id).map(|found| json!(found))
        } else if path.starts_with("/quotes/") {
            let price = self.desk().prices.get(id).copied();
            price.map(|price| json!({ "symbol": id, "price": price, "at": 1 }))
        } else {
            Some(json!("up"))
        };
        let unknown = || says(StatusCode::NOT_FOUND, "unknown");
        found.map_or_else(unknown, |found| ok(&found))
    }
}

/// Says what a request makes of an order.
fn entered(method: &Method) -> Option<Status> {
    match *method {
        Method::POST => Some(Status::Filled),
        Method::DELETE => Some(Status::Cancelled),
        _ => None,
    }
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

fn ok(body: &serde_json::Value) -> Response<Bytes> {
    Response::new(Bytes::from(body.to_string()))
}

fn says(status: StatusCode, line: &'static str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(line));
    *response.status_mut() = status;
    response
}

impl Service<Call> for FakeWire {
    type Response = Response<Bytes>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Bytes>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Call) -> Self::Future {
        Box::pin(self.clone().answer(call))
    }
}
