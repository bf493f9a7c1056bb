//! Rules in our engine and in promtool 2.42.

mod corners;
mod export;
mod exported_texts;
mod files;
mod scenario;
mod slo;
mod test_files;
mod texts;
mod unit_tests;

fn number(variable: &str, default: u64) -> u64 {
    let given = std::env::var(variable).ok();
    given.map_or(default, |it| it.parse().expect("it is a number"))
}
