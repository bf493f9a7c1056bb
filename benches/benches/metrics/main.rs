//! Metrics beside their peers: one record, one call of each typed function, one scrape.

mod peers;
mod record;
mod scrape;
mod typed;

use benches::criterion;
use criterion::{criterion_group, criterion_main};

criterion_group! {
    name = all;
    config = criterion();
    targets =
        record::count, record::set, record::record,
        typed::trading, typed::database, typed::calls,
        scrape::scrape
}
criterion_main!(all);
