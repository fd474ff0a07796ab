//! What the program is asked to do, on its command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser};
use examples::args::{share, span};
use taskflow::{AnyEngine, RunId};

use super::cloud::{Cidr, Name};

/// Makes a virtual machine in a simulated cloud: all of it, or nothing.
///
/// The machine's owner has to approve it, from a second terminal. When the program is killed or
/// stopped, start it again with the same arguments: it goes on where it was.
///
/// Exit code: 0 when the machine runs; 1 on an error; 2 on wrong arguments; 130 when stopped.
#[derive(Debug, Parser)]
#[command(name = "provision", version)]
pub enum Command {
    /// Make a machine, or go on with one
    Run(Order),
    /// Say as the owner that a machine may be made
    Approve {
        #[command(flatten)]
        at: At,
        /// Who says so
        #[arg(long)]
        by: String,
        /// Say that it may not
        #[arg(long)]
        no: bool,
    },
    /// List the runs, and what has become of them
    List {
        /// The folder that records the runs
        #[arg(long, value_name = "DIR")]
        logbook: PathBuf,
    },
    /// Stop a run, so that it can go on later
    Suspend(At),
    /// End a run, and remove what it has made
    Cancel {
        #[command(flatten)]
        at: At,
        /// Leave in place what it has made
        #[arg(long)]
        keep: bool,
    },
}

/// A run, for who is not at work on it.
#[derive(Debug, Args)]
pub struct At {
    /// The id of the run
    pub run: RunId,
    /// The folder that records the runs
    #[arg(long, value_name = "DIR")]
    pub logbook: PathBuf,
}

#[derive(Debug, Args)]
pub struct Order {
    /// Who pays
    #[arg(long)]
    pub tenant: Name,
    /// The name of the machine
    #[arg(long)]
    pub name: Name,
    /// How many processor cores it has
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..))]
    pub cores: u32,
    /// Its memory, in GiB
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..))]
    pub ram: u32,
    /// Its root disk, in GiB
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub root: u32,
    /// Its data disk, in GiB
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub data: u32,
    /// The addresses of its network
    #[arg(long, default_value = "10.0.0.0/24")]
    pub cidr: Cidr,
    /// How long the owner has to approve it, such as `30s`, `5m` or `24h`
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = span)]
    pub approve_within: Duration,
    /// How long the server may take until it is active
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = span)]
    pub boot_within: Duration,

    /// The folder that records the runs
    #[arg(long, value_name = "DIR")]
    pub logbook: PathBuf,
    /// What runs the tasks: `serial`, `parallel`, or `parallel:N` for N threads
    #[arg(long, default_value = "parallel")]
    pub engine: AnyEngine,

    /// The folder that is the cloud
    #[arg(long, value_name = "DIR")]
    pub cloud: PathBuf,
    /// The share of the cloud's calls that go wrong, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    pub trouble: f64,
    /// Another number makes other calls go wrong
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub seed: u64,
    /// How long the cloud takes to boot a server
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = span)]
    pub boot_takes: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_agree_with_each_other() {
        Command::command().debug_assert();
    }
}
