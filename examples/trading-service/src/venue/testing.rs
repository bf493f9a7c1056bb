//! What the tests of a venue share: a server in this process, on a real port.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
};

use tokio::{net::TcpListener, task::JoinSet};

use super::{HttpTransport, VenueClient, book::Book, desk::Desk, server::serve};
use crate::{
    broker::{Order, Side},
    day::{Day, Scenario, VenueName},
};

/// The number of bars of the days in tests.
pub(super) const BARS: u64 = 1000;

/// An order of that id in the middle of the day.
pub(super) fn order(client_id: &str) -> Order {
    Order {
        client_id: client_id.to_owned(),
        symbol: "IBM".to_owned(),
        side: Side::Buy,
        quantity: 10,
        price: 10_150,
        at: BARS / 2,
    }
}

/// A primary venue that serves until it is dropped.
pub(super) struct Server {
    address: SocketAddr,
    _serving: JoinSet<()>,
}

impl Server {
    pub(super) async fn start(scenario: Scenario) -> Self {
        Self::with_book(scenario, Path::new(":memory:")).await
    }

    pub(super) async fn with_book(scenario: Scenario, book: &Path) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let book = Book::open("primary", book).unwrap();
        let desk = Arc::new(Desk::new(VenueName::Primary, day(scenario), book));
        let mut serving = JoinSet::new();
        serving.spawn(async {
            let _ = serve(listener, desk).await;
        });
        Self {
            address,
            _serving: serving,
        }
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn client(&self) -> VenueClient<HttpTransport> {
        VenueClient::new(VenueName::Primary, self.address, HttpTransport::new())
    }
}

/// The day of a server in tests.
pub(super) fn day(scenario: Scenario) -> Day {
    Day::new(scenario, 1, BARS)
}
