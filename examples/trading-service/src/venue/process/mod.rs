//! A venue as a child process of the service, of the same executable.

#[cfg(test)]
mod tests;

use std::{
    io::{self, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
    process::{Child, ChildStdin, Command},
    signal::unix::{SignalKind, signal},
    time,
};
use tower::BoxError;

use super::{book::Book, desk::Desk, server::serve};
use crate::day::{Day, Scenario, VenueName};

/// How long a child may take to listen, or to end: ample, since it does either in milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a venue's child says first, before its address.
const LISTENING: &str = "listening ";

/// Says what a venue is and what day it has.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
pub(crate) struct VenueArgs {
    /// Which of the venues it is.
    #[arg(long)]
    pub(crate) name: VenueName,
    /// The file of its book.
    #[arg(long)]
    pub(crate) book: PathBuf,
    /// The day that it has.
    #[arg(long)]
    pub(crate) scenario: Scenario,
    /// The variation of that day.
    #[arg(long)]
    pub(crate) seed: u64,
    /// The length of that day.
    #[arg(long)]
    pub(crate) bars: u64,
    /// Where it listens; a free port of the loopback if none is told.
    #[arg(long, default_value_t = FREE)]
    pub(crate) listen: SocketAddr,
}

/// A free port of the loopback.
pub(crate) const FREE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Is a venue, until standard input is closed.
///
/// Its first line on standard output tells where it listens. An interrupt does not end it: a
/// terminal sends that to the service's children too, and the service wants to settle with its
/// venues first. A parent that dies, however it dies, closes the pipe that is standard input.
///
/// # Errors
///
/// When the book cannot be opened, or nothing be listened to.
pub(crate) async fn main(args: VenueArgs) -> Result<(), BoxError> {
    // Before the parent hears of it; nobody reads it, which is to ignore it.
    let _interrupts = signal(SignalKind::interrupt())?;
    let book = Book::open(args.name.as_str(), &args.book)
        .map_err(|error| format!("book: cannot open {}: {error}", args.book.display()))?;
    let day = Day::new(args.scenario, args.seed, args.bars);
    let desk = Arc::new(Desk::new(args.name, day, book));
    let listener = TcpListener::bind(args.listen).await?;
    let mut out = io::stdout();
    writeln!(out, "{LISTENING}{}", listener.local_addr()?)?;
    out.flush()?;
    tokio::select! {
        biased;
        served = serve(listener, desk) => match served? {},
        () = parent_gone() => Ok(()),
    }
}

async fn parent_gone() {
    let (mut stdin, mut sink) = (tokio::io::stdin(), tokio::io::sink());
    // Whether it ended or cannot be read, nobody is at the other end.
    let _ = tokio::io::copy(&mut stdin, &mut sink).await;
}

/// Holds a venue's child process; dropped, it ends the child.
#[derive(Debug)]
pub(crate) struct VenueProcess {
    address: SocketAddr,
    child: Child,
    stdin: ChildStdin,
}

impl VenueProcess {
    /// Starts the venue that `args` tell, by the hidden command `venue` of the service at `exe`,
    /// and waits until it listens.
    ///
    /// # Errors
    ///
    /// When it cannot be started, or ends or says something else before it listens.
    pub(crate) async fn start(exe: &Path, args: &VenueArgs) -> io::Result<Self> {
        Self::launch(command(exe, args)).await
    }

    async fn launch(mut command: Command) -> io::Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let stdin = child.stdin.take().expect("standard input is piped");
        let stdout = child.stdout.take().expect("standard output is piped");
        let mut line = String::new();
        time::timeout(PATIENCE, BufReader::new(stdout).read_line(&mut line))
            .await
            .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "the venue does not listen"))??;
        let address = line
            .strip_prefix(LISTENING)
            .and_then(|address| address.trim_end().parse().ok())
            .ok_or_else(|| {
                let said = format!("the venue must say where it listens, not {line:?}");
                io::Error::new(io::ErrorKind::InvalidData, said)
            })?;
        Ok(Self {
            address,
            child,
            stdin,
        })
    }

    /// Tells where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until it ends by itself, which it should not.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future changes nothing.
    pub(crate) async fn ended(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Ends it by closing its standard input, and waits until it has ended.
    ///
    /// # Errors
    ///
    /// When it had to be killed, or cannot be waited for.
    pub(crate) async fn stop(mut self) -> io::Result<ExitStatus> {
        drop(self.stdin);
        if let Ok(ended) = time::timeout(PATIENCE, self.child.wait()).await {
            return ended;
        }
        self.child.kill().await?;
        let killed = "the venue did not end, and was killed";
        Err(io::Error::new(io::ErrorKind::TimedOut, killed))
    }
}

fn command(exe: &Path, args: &VenueArgs) -> Command {
    let mut command = Command::new(exe);
    command
        .args(["venue", "--name", args.name.as_str(), "--book"])
        .arg(&args.book)
        .args(["--scenario", args.scenario.as_str()])
        .args(["--seed", &args.seed.to_string()])
        .args(["--bars", &args.bars.to_string()])
        .args(["--listen", &args.listen.to_string()]);
    command
}
