//! The rules that a request is held to before anything is done.

use http::HeaderMap;
use serde::Deserialize;

use super::problem::Problem;
use crate::{broker::Order, market::Quote};

/// The header that tells the trading clock.
pub(super) const AT: &str = "x-at";

/// Reads an order and holds it to the venue's rules.
pub(super) fn order(body: &[u8]) -> Result<Order, Problem> {
    let order: Order = parse("order", body)?;
    name("client_id", &order.client_id, 64)?;
    name("symbol", &order.symbol, 16)?;
    at_least_1("quantity", order.quantity.into())?;
    at_least_1("price", order.price)?;
    if i64::try_from(order.at).is_err() {
        let (max, at) = (i64::MAX, order.at);
        return Err(Problem::bad(format_args!(
            "at: must be at most {max}, not {at}"
        )));
    }
    Ok(order)
}

/// Reads a price of the feed.
pub(super) fn price(symbol: String, body: &[u8]) -> Result<Quote, Problem> {
    let Tick { price, at } = parse("quote", body)?;
    name("symbol", &symbol, 16)?;
    at_least_1("price", price)?;
    Ok(Quote { symbol, price, at })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tick {
    price: i64,
    at: u64,
}

fn parse<'a, T: Deserialize<'a>>(what: &str, body: &'a [u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| Problem::bad(format_args!("{what}: {error}")))
}

/// Refuses what could not stand in a path and a header as it is.
fn name(field: &str, text: &str, max: usize) -> Result<(), Problem> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    if (1..=max).contains(&text.len()) && text.bytes().all(is_plain) {
        return Ok(());
    }
    Err(Problem::bad(format_args!(
        "{field}: must be 1 to {max} of A-Z a-z 0-9 . _ : -, not {text:?}"
    )))
}

fn at_least_1(field: &str, number: i64) -> Result<(), Problem> {
    if number >= 1 {
        return Ok(());
    }
    Err(Problem::bad(format_args!(
        "{field}: must be at least 1, not {number}"
    )))
}

/// Reads the trading clock of a request that tells it nowhere else.
pub(super) fn required_clock(headers: &HeaderMap) -> Result<u64, Problem> {
    clock(headers)?.ok_or_else(|| {
        Problem::bad(format_args!(
            "{AT}: the header must tell the trading clock, the number of the bar"
        ))
    })
}

/// Reads the trading clock of a request that may tell it elsewhere.
pub(super) fn clock(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get(AT) else {
        return Ok(None);
    };
    let at = value.to_str().ok().and_then(|text| text.parse().ok());
    at.map(Some).ok_or_else(|| {
        Problem::bad(format_args!(
            "{AT}: must be the number of a bar, not {value:?}"
        ))
    })
}
