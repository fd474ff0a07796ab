//! A virtual machine, provisioned: `cargo run --example provision -- run --help`.
//!
//! It reserves quota, makes a network and two volumes, boots a server, attaches the volumes and
//! registers a name, once the owner has approved; when it cannot be done, all of it is undone. The
//! cloud is simulated: a folder with a file for each object, and with as much trouble as is asked
//! for. Kill the program at any moment and start it again with the same arguments: in the end there
//! is exactly one machine, and nothing else.
//!
//! The flow below is the program. Each task is an ordinary function in a module of its own, marked
//! `#[task]`.

#![allow(
    unreachable_pub,
    reason = "nothing is reached from outside of a program: `pub` means outside of a module"
)]

use taskflow::flow;

flow! {
    /// A server with network, root and data volume, and a name.
    #[flow(name = "provision", version = 3)]
    struct Provision {
        tenant: Name,
        name: Name,
        spec: VmSpec,
        patience: Patience,
        #[resource] cloud: Arc<dyn Cloud>,
        #[resource] dns: Arc<dyn Dns>,
        #[resource] chat: Chat,
    } -> (server: Server, record: Result<DnsRecord, Failure>)
    linear[
        ask_owner,
        signal(approval: Approval, timeout = patience.approval),
        accept,
        retry(times = 3, backoff = exponential("200ms", max = "10s", jitter), if = ApiError::is_transient)[reserve_quota],
        unordered[
            create_network(cidr = spec.cidr),
            create_volume(part = "root", size = spec.root.gib) as root,
            create_volume(part = "data", size = spec.data.gib) as data,
        ],
        timeout(patience.boot)[boot(image = const DEBIAN_13)],
        attach(volume = root) as attach_root,
        attach(volume = data) as attach_data,
        try[register_dns] as record,
    ]
}

#[path = "provision/approval.rs"]
mod approval;
#[path = "provision/ask.rs"]
mod ask;
#[path = "provision/cli.rs"]
mod cli;
#[path = "provision/cloud.rs"]
mod cloud;
#[path = "provision/error.rs"]
mod error;
#[path = "provision/parts.rs"]
mod parts;
#[path = "provision/screen.rs"]
mod screen;
#[path = "provision/server.rs"]
mod server;
#[path = "provision/simulated.rs"]
mod simulated;
#[path = "provision/store.rs"]
mod store;
#[path = "provision/trouble.rs"]
mod trouble;

use std::error::Error as StdError;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use clap::Parser as _;
use serde::{Deserialize, Serialize};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use taskflow::{
    AnyEngine, Failed, Failure, Logbook, RunControl, RunError, RunHandle, RunState, StartError,
    TaskFailure, Undone,
};

use approval::{Approval, Chat, accept, ask_owner};
use cli::{Command, Order};
use cloud::{Cloud, Disk, Dns, DnsRecord, Gib, Name, Server, VmSpec};
use error::ApiError;
use parts::{create_network, create_volume, reserve_quota};
use screen::say;
use server::{DEBIAN_13, attach, boot, register_dns};
use simulated::Simulated;
use store::Store;
use trouble::Trouble;

/// As shells have it for a program that a person interrupted.
const INTERRUPTED: u8 = 130;

/// How long others may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Patience {
    approval: Duration,
    boot: Duration,
}

fn main() -> ExitCode {
    let done = match Command::parse() {
        Command::Run(order) => run(&order),
        Command::Approve { at, by, no } => ask::approve(&at, by, !no),
        Command::List { logbook } => ask::list(&logbook),
        Command::Suspend(at) => ask::suspend(&at),
        Command::Cancel { at, keep } => ask::cancel(&at, keep),
    };
    done.unwrap_or_else(|error| {
        say(&format!("error: {error:#}"));
        ExitCode::FAILURE
    })
}

/// Makes the machine, or goes on with it.
fn run(order: &Order) -> Result<ExitCode, Box<dyn StdError>> {
    let book = Logbook::open(&order.logbook)?;
    let machine = format!("{}/{}", order.tenant, order.name);
    let run = provision(order)?
        .label("machine", machine)
        .continue_or_start(&order.engine, &book)?;
    tell_start(&run, order)?;
    watch_signals(run.control())?;
    match run.wait() {
        Ok(made) => {
            tell_machine(&made)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(RunError::Stopped(stopped)) if stopped.state() == RunState::Suspended => {
            say("stopped; start again with the same arguments to go on");
            Ok(ExitCode::from(INTERRUPTED))
        }
        Err(RunError::Failed(failed)) => {
            tell_failure(&failed);
            Ok(ExitCode::FAILURE)
        }
        Err(error) => Err(error.into()),
    }
}

fn provision(order: &Order) -> Result<Provision, error::Why> {
    let disk = |gib| Disk { gib: Gib(gib) };
    let cloud = Arc::new(Simulated {
        tenant: order.tenant.clone(),
        store: Store::at(&order.cloud)?,
        trouble: Trouble::new(order.trouble, order.seed),
        boot_takes: order.boot_takes,
        told_to_wait: AtomicBool::new(false),
    });
    Ok(Provision {
        tenant: order.tenant.clone(),
        name: order.name.clone(),
        spec: VmSpec {
            cores: order.cores,
            ram: Gib(order.ram),
            cidr: order.cidr,
            root: disk(order.root),
            data: disk(order.data),
        },
        patience: Patience {
            approval: order.approve_within,
            boot: order.boot_within,
        },
        cloud: cloud.clone(),
        dns: cloud,
        chat: chat(order),
    })
}

fn chat(order: &Order) -> Chat {
    Chat {
        logbook: order.logbook.clone(),
    }
}

/// Names the run, and says again what it waits for where an earlier process has.
fn tell_start(run: &RunHandle<'_, Provision, AnyEngine>, order: &Order) -> Result<(), StartError> {
    let (id, done) = (run.id(), run.done()?);
    let is_done = |task: &str| done.iter().any(|done| done == task);
    match done.last() {
        None => say(&format!("run `{id}`")),
        Some(last) => say(&format!("going on with run `{id}`, behind `{last}`")),
    }
    if is_done("ask_owner") && !is_done("accept") {
        chat(order).ask(id);
    }
    Ok(())
}

fn tell_machine(made: &ProvisionOutput) -> std::io::Result<()> {
    let Server { id, address } = &made.server;
    let mut out = std::io::stdout();
    match &made.record {
        Ok(DnsRecord { name, .. }) => writeln!(out, "`{id}` runs at {address}, named `{name}`"),
        Err(failure) => {
            say(&format!("warning: it has no name: {failure:#}"));
            writeln!(out, "`{id}` runs at {address}")
        }
    }
}

/// Says what went wrong, a line for each task that failed, and what is left.
fn tell_failure(failed: &Failed) {
    for TaskFailure { task, failure, .. } in failed.failures() {
        say(&format!("error: {failure:#} (task `{task}`)"));
    }
    say(&match failed.undone() {
        Undone::All if failed.failures().is_empty() => {
            "what had been made is removed again".to_owned()
        }
        Undone::All => "what had been made is removed again; once the cause is gone, start anew \
                        with the same arguments"
            .to_owned(),
        left => format!("{left}; start again with the same arguments to remove that, too"),
    });
}

/// Has the run stop in good order when a person or the system asks for it.
fn watch_signals(control: RunControl<Provision>) -> std::io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    std::thread::spawn(move || {
        let mut asked = false;
        for _ in &mut signals {
            if asked {
                // Asked twice: what is recorded is safe at any moment.
                std::process::exit(INTERRUPTED.into());
            }
            asked = true;
            say("stopping once what runs is done; ask again to leave at once");
            if let Err(error) = control.suspend() {
                say(&error.to_string());
            }
        }
    });
    Ok(())
}
