//! A trading service.

#![cfg_attr(not(test), expect(dead_code, reason = "nothing trades yet"))]

mod broker;
mod day;

fn main() {}
