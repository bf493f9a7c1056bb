//! A trading service on a bad day: real bars, two venues that fail on script, and a stack that
//! brings every order to a known end.

mod bars;
mod broker;
mod error;
mod portfolio;
mod risk;
mod strategy;
mod trader;

fn main() {}
