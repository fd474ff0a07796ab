// expects: `Connection` cannot be stored, as it is not `Serialize` and `DeserializeOwned`; derive `serde::Serialize` and `serde::Deserialize` for it, or mark the task with `#[task(transient)]`
use taskflow::{flow, task};

pub struct Connection(u64);

#[task]
fn connect(host: &str) -> Connection {
    Connection(host.len() as u64)
}

#[task]
fn ping(connect: &Connection) -> u64 {
    connect.0
}

flow! {
    struct Check { host: String } -> u64
    linear[connect, ping]
}

fn main() {}
