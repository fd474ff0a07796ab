//! The program, tried out by itself: it serves, takes orders, is killed, and goes on.

use std::error::Error;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::client::{self, Reply};
use super::screen::say;
use super::world::{State, World};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Key, item, pieces and card of each order.
const ORDERS: [(&str, &str, u32, &str); 8] = [
    ("ann-1", "tea", 2, "visa-1"),
    ("bob-1", "cup", 6, "visa-2"),
    ("cem-1", "pot", 1, "poor-3"),
    ("dora-1", "pot", 3, "visa-4"),
    ("eve-1", "pot", 11, "visa-5"),
    ("finn-1", "vase", 1, "visa-6"),
    ("gus-1", "cup", 1, "mute-7"),
    ("hana-1", "tea", 1, "visa-8"),
];

/// How long all of it may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// The service in a process of its own, which ends with this value.
struct Process {
    child: Child,
    address: SocketAddr,
}

pub fn try_out() -> Result<ExitCode> {
    let folder = tempfile::tempdir()?;
    let service = Process::start(folder.path())?;
    say(&format!(
        "the service listens on {}; it gets orders, and is killed",
        service.address
    ));
    let placing: Vec<_> = ORDERS
        .iter()
        .map(|&(key, item, pieces, card)| {
            let (address, order) = (service.address, order(item, pieces, card));
            thread::spawn(move || client::place(address, key, &order).map(drop))
        })
        .collect();
    thread::sleep(Duration::from_millis(150));
    service.kill()?;
    for client in placing {
        // Most clients have got no answer; they ask again below.
        drop(client.join());
    }

    let service = Process::start(folder.path())?;
    say("it is there again, and the clients ask again with the same keys");
    let mut out = io::stdout();
    for (key, item, pieces, card) in ORDERS {
        let reply = until_over(service.address, key, &order(item, pieces, card))?;
        let told = reply.body["error"].as_str().unwrap_or("sent");
        writeln!(out, "{key:6} {pieces:2} of {item}: {} {told}", reply.status)?;
    }
    service.kill()?;
    check(&World::at(&folder.path().join("book.world"))?.state()?)?;
    writeln!(
        out,
        "nobody was charged twice, and nothing is left reserved"
    )?;
    Ok(ExitCode::SUCCESS)
}

fn order(item: &str, pieces: u32, card: &str) -> String {
    json!({ "item": item, "pieces": pieces, "card": card, "mail": "you@example.org" }).to_string()
}

/// Places an order, and where it is not over at once, looks after it until it is.
fn until_over(service: SocketAddr, key: &str, order: &str) -> Result<Reply> {
    let start = Instant::now();
    let mut reply = client::place(service, key, order)?;
    while reply.status == 202 {
        let location = reply.header("Location").unwrap_or_default();
        let told = client::get(service, location)?;
        if told.body["state"] == "running" || told.body["state"] == "waiting" {
            thread::sleep(Duration::from_millis(20));
        } else {
            reply = client::place(service, key, order)?;
        }
        if start.elapsed() > PATIENCE {
            return Err(format!("order `{key}` does not come to an end").into());
        }
    }
    Ok(reply)
}

/// Whether the outside world agrees with what the clients were told.
fn check(state: &State) -> Result<()> {
    for (key, ..) in ORDERS {
        let charged = state
            .payments
            .iter()
            .filter(|paid| paid.run == key && !paid.refunded);
        let sent = state.shipments.iter().filter(|sent| sent.run == key);
        let (charged, sent) = (charged.count(), sent.count());
        if charged != sent || sent > 1 {
            return Err(
                format!("order `{key}` was charged {charged} and sent {sent} times").into(),
            );
        }
    }
    match &*state.holds {
        [] => Ok(()),
        [held, ..] => Err(format!("`{}` is left reserved", held.id).into()),
    }
}

impl Process {
    fn start(folder: &Path) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args([
            "serve",
            "--port",
            "0",
            "--trouble",
            "0.2",
            "--call-takes",
            "40ms",
        ]);
        command.arg("--book").arg(folder.join("book"));
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        let address = line.trim().strip_prefix("listening on http://");
        match address.and_then(|address| address.parse().ok()) {
            Some(address) => Ok(Self { child, address }),
            None => Err("the service did not start; what it said stands above".into()),
        }
    }

    /// As a power cut would do it, and the operating system when the memory is full.
    fn kill(mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }
}

/// Whatever happens, no process stays behind.
impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill().and_then(|()| self.child.wait()));
    }
}
