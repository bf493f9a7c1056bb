use std::{io::ErrorKind, path::PathBuf};

use clap::Parser;
use tokio::process::Command;

use super::command;
use crate::{
    day::{Scenario, VenueName},
    venue::{VenueArgs, VenueProcess},
};

#[derive(Parser)]
enum Cli {
    Venue(VenueArgs),
}

fn args() -> VenueArgs {
    VenueArgs {
        name: VenueName::Backup,
        book: PathBuf::from("/tmp/a book.sqlite"),
        scenario: Scenario::RateLimited,
        seed: u64::MAX,
        bars: 12_154,
        listen: "127.0.0.1:4711".parse().unwrap(),
    }
}

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

#[test]
fn a_child_is_told_what_its_parent_means() {
    let args = args();
    let command = command("service".as_ref(), &args);
    let words = command.as_std().get_args();
    let Cli::Venue(told) =
        Cli::try_parse_from([command.as_std().get_program()].into_iter().chain(words)).unwrap();
    assert_eq!(told, args);
}

#[tokio::test]
async fn a_child_that_listens_is_known_by_its_address_and_ends_with_its_pipe() {
    let venue = VenueProcess::launch(shell("echo listening 127.0.0.1:4711; cat; exit 7"))
        .await
        .unwrap();
    assert_eq!(venue.address().to_string(), "127.0.0.1:4711");
    assert_eq!(venue.stop().await.unwrap().code(), Some(7));
}

#[tokio::test]
async fn a_child_that_does_not_say_where_it_listens_is_an_error() {
    for script in ["exit 1", "echo hello; cat", "echo listening nowhere; cat"] {
        let error = VenueProcess::launch(shell(script)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData, "{script}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_child_that_says_nothing_is_not_waited_for_for_ever() {
    let error = VenueProcess::launch(shell("cat")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}

#[tokio::test]
async fn an_executable_that_is_not_there_is_an_error() {
    let error = VenueProcess::start("/nowhere/service".as_ref(), &args())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}
