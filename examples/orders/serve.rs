//! The life of the service: it takes up what an earlier process left, serves, and drains.

use std::error::Error;
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use taskflow::runner::Recovery;
use taskflow::{Lines, Logbook, Runner, Serial};

use super::cli::{Release, Serve};
use super::screen::say;
use super::server::Server;
use super::service::Service;
use super::simulated::Simulated;
use super::trouble::Trouble;
use super::world::World;
use super::{Checkout, CheckoutResources, v1};

/// As shells have it for a program that a person interrupted.
const INTERRUPTED: u8 = 130;

/// How many clients are answered at once.
const CLIENTS: usize = 64;

/// Deployments overlap: the process before this one may still be draining.
const OVERLAP: Duration = Duration::from_secs(30);

/// Serves until a person or the system wants it to stop.
pub fn serve(args: &Serve) -> Result<ExitCode, Box<dyn Error>> {
    let book = Logbook::options(&args.book).wait_for_lock(OVERLAP).open()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port))?;
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let outside = Arc::new(Simulated {
        world: World::at(&args.world())?,
        trouble: Trouble::new(args.trouble, args.seed),
        takes: args.call_takes,
    });
    let runner = runner(args, book, &outside);
    tell_recovery(&runner.recover()?);

    let address = listener.local_addr()?;
    let service = Service {
        runner: runner.clone(),
        release: args.release,
        wait: args.wait,
    };
    let server = Server::start(listener, CLIENTS, move |request| service.answer(request))?;
    writeln!(std::io::stdout(), "listening on http://{address}")?;

    signals.forever().next();
    say("draining; ask again to leave at once");
    thread::spawn(move || {
        if signals.forever().next().is_some() {
            // Asked twice: what is recorded is safe at any moment.
            std::process::exit(INTERRUPTED.into());
        }
    });
    // Clients are answered meanwhile: what becomes of their orders, and nothing new.
    say(&runner.drain(args.drain).to_string());
    server.stop();
    Ok(ExitCode::from(INTERRUPTED))
}

fn runner(args: &Serve, book: Logbook, outside: &Arc<Simulated>) -> Runner {
    let runner = Runner::new(Serial, book)
        .max_running(args.max_running)
        .max_queued(args.max_queued)
        .max_resumes(args.max_resumes)
        .register::<v1::Checkout>(v1::CheckoutResources {
            stock: outside.clone(),
            gateway: outside.clone(),
        });
    let runner = match args.release {
        Release::Last => runner,
        Release::This => runner.register::<Checkout>(CheckoutResources {
            stock: outside.clone(),
            gateway: outside.clone(),
            mailer: outside.clone(),
        }),
    };
    if args.verbose {
        runner.listen(Lines::stderr()).build()
    } else {
        runner.build()
    }
}

/// One order that cannot go on does not keep the others from it, and the operator is told.
fn tell_recovery(recovery: &Recovery) {
    say(&recovery.to_string());
    let left = [&recovery.refused, &recovery.set_aside, &recovery.at_rest];
    for run in left.into_iter().flatten() {
        say(&run.to_string());
    }
}
