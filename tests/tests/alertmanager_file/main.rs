//! Files of Alertmanager, read and written by us and by amtool 0.25.

mod amtool;
mod back;
mod files;
mod generate;
mod guide;
mod routes;
mod shipped;

fn number(variable: &str, default: u64) -> u64 {
    let given = std::env::var(variable).ok();
    given.map_or(default, |it| it.parse().expect("it is a number"))
}
