//! The service at work, and what it leaves in the outside world.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use taskflow::{LogbookReader, RunState, RunSummary};
use tempfile::{NamedTempFile, TempDir};

use crate::client::{self, Reply};
use crate::program;

pub(crate) static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| program::build("orders"));

/// The pieces that there are in the beginning.
const GOODS: [(&str, u64); 4] = [("tea", 1000), ("cup", 100), ("pot", 10), ("vase", 10)];

/// A logbook and an outside world.
pub(crate) struct Ground {
    root: TempDir,
}

/// The service at work.
pub(crate) struct Service {
    pub(crate) child: Child,
    pub(crate) address: SocketAddr,
    /// Where its standard error goes.
    said: NamedTempFile,
}

pub(crate) fn json(item: &str, pieces: u32, card: &str) -> String {
    json!({ "item": item, "pieces": pieces, "card": card, "mail": "a@example.org" }).to_string()
}

pub(crate) fn tea() -> String {
    json("tea", 2, "visa-1")
}

impl Ground {
    pub(crate) fn new() -> Self {
        Self {
            root: tempfile::tempdir().unwrap(),
        }
    }

    fn command(&self, more: &str) -> Command {
        let mut command = Command::new(&*PROGRAM);
        command.current_dir(&self.root);
        command.args("serve --port 0 --book book".split(' '));
        command.args(more.split_whitespace());
        command
    }

    pub(crate) fn serve(&self, more: &str) -> Service {
        let mut command = self.command(more);
        let said = NamedTempFile::new_in(&self.root).unwrap();
        command
            .stdout(Stdio::piped())
            .stderr(said.reopen().unwrap());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://");
        Service {
            address: address.unwrap().parse().unwrap(),
            child,
            said,
        }
    }

    pub(crate) fn runs(&self) -> Vec<RunSummary> {
        let book = LogbookReader::open(self.root.path().join("book"));
        book.and_then(|book| book.runs()).unwrap_or_default()
    }

    pub(crate) fn state(&self, key: &str) -> RunState {
        let runs = self.runs();
        let run = runs.iter().find(|run| run.id.as_ref() == key).unwrap();
        run.state
    }

    pub(crate) fn world(&self) -> Value {
        let file = self.root.path().join("book.world/world.json");
        match fs::read(file) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap(),
            // Nobody has changed it yet.
            Err(_) => Value::Null,
        }
    }

    /// What there is of a kind for an order.
    pub(crate) fn of(&self, kind: &str, key: &str) -> Vec<Value> {
        let world = self.world();
        let all = world[kind].as_array().into_iter().flatten();
        all.filter(|one| one["run"] == key).cloned().collect()
    }

    /// The order was paid and sent once, and told at most once.
    pub(crate) fn assert_sent(&self, key: &str) {
        let payments = self.of("payments", key);
        assert_eq!(payments.len(), 1, "{key}: {payments:?}");
        assert_eq!(payments[0]["refunded"], false, "{key}");
        let shipments = self.of("shipments", key);
        assert_eq!(shipments.len(), 1, "{key}: {shipments:?}");
        assert_eq!(shipments[0]["payment"], payments[0]["id"], "{key}");
        assert!(self.of("mails", key).len() <= 1, "{key}");
    }

    /// Nothing of the order is in place.
    pub(crate) fn assert_undone(&self, key: &str) {
        let payments = self.of("payments", key);
        assert!(
            payments.iter().all(|paid| paid["refunded"] == true),
            "{key}: {payments:?}"
        );
        for kind in ["holds", "shipments", "mails"] {
            assert!(self.of(kind, key).is_empty(), "{key}: {kind}");
        }
    }

    /// No piece was lost, and none is held.
    pub(crate) fn assert_stock_is_whole(&self) {
        let world = self.world();
        assert_eq!(world["holds"], json!([]));
        for (good, pieces) in GOODS {
            let sent = world["shipments"].as_array().unwrap().iter();
            let sent = sent.filter(|sent| sent["item"] == good);
            let sent: u64 = sent.map(|sent| sent["pieces"].as_u64().unwrap()).sum();
            let free = world["goods"][good]["free"].as_u64().unwrap();
            assert_eq!(free + sent, pieces, "{good}");
        }
    }
}

impl Service {
    pub(crate) fn place(&self, key: &str, order: &str) -> Reply {
        client::place(self.address, key, order).unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        client::get(self.address, path).unwrap()
    }

    /// Asks about an order until it is in that state.
    pub(crate) fn wait_for(&self, key: &str, state: &str) -> Reply {
        let start = Instant::now();
        loop {
            let reply = self.get(&format!("/orders/{key}"));
            if reply.body["state"] == state {
                return reply;
            }
            assert!(start.elapsed() < Duration::from_secs(30), "{reply:?}");
            sleep(Duration::from_millis(10));
        }
    }

    /// Ends as in a power cut.
    pub(crate) fn kill(mut self) -> String {
        self.child.kill().unwrap();
        self.end().1
    }

    /// Exit code and standard error.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().unwrap().code();
        (code, fs::read_to_string(self.said.path()).unwrap())
    }

    /// Waits until it has said something.
    pub(crate) fn wait_until_said(&self, text: &str) {
        let start = Instant::now();
        while !fs::read_to_string(self.said.path()).unwrap().contains(text) {
            assert!(start.elapsed() < Duration::from_secs(30));
            sleep(Duration::from_millis(5));
        }
    }
}

/// A test that fails leaves no process behind.
impl Drop for Service {
    fn drop(&mut self) {
        drop(self.child.kill().and_then(|()| self.child.wait()));
    }
}
