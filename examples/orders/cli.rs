//! What the program is asked to do, on its command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use examples::args::{share, span};

/// Takes orders over HTTP: each is reserved, charged and sent, or all of it is undone.
///
/// Stock, gateway and mailer are simulated. When the program is killed, start it again with the
/// same arguments: it goes on with every order where it was. Without any arguments it tries itself
/// out: it serves from a temporary folder, takes orders, is killed, and goes on.
///
/// Exit code: 0 when it has tried itself out; 1 on an error; 2 on wrong arguments; 130 when stopped.
#[derive(Debug, Parser)]
#[command(name = "orders", version)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve until Ctrl-C
    Serve(Serve),
}

#[derive(Debug, Args)]
pub struct Serve {
    /// The folder that records the orders
    #[arg(long, value_name = "FOLDER")]
    pub book: PathBuf,
    /// Where to listen, on this machine only, as nobody is asked who they are; 0 takes any port
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// How long a client that places an order waits for its end
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = span)]
    pub wait: Duration,
    /// How long orders may take to end after Ctrl-C; half of it without being interrupted
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = span)]
    pub drain: Duration,
    /// How many orders are at work at once
    #[arg(long, value_name = "N", default_value_t = 32)]
    pub max_running: usize,
    /// How many may wait; more are refused
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub max_queued: usize,
    /// How often an order is taken up without getting on, before it is left to the operator
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub max_resumes: u32,
    /// Which release of the program to be, to try an upgrade
    #[arg(long, default_value = "this")]
    pub release: Release,
    /// Say what happens to every order
    #[arg(long)]
    pub verbose: bool,

    /// The folder that is the outside world [default: `<FOLDER>.world`]
    #[arg(long, value_name = "FOLDER")]
    pub world: Option<PathBuf>,
    /// How long each call to the outside world takes
    #[arg(long, value_name = "TIME", default_value = "20ms", value_parser = span)]
    pub call_takes: Duration,
    /// The share of the calls of gateway and mailer that go wrong, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    pub trouble: f64,
    /// Another number makes other calls go wrong
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Release {
    /// The one that knew version 1 of the flow only
    Last,
    /// The one with both versions
    This,
}

impl Serve {
    pub fn world(&self) -> PathBuf {
        self.world.clone().unwrap_or_else(|| {
            let mut beside = self.book.clone().into_os_string();
            beside.push(".world");
            beside.into()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_agree_with_each_other() {
        Arguments::command().debug_assert();
    }
}
