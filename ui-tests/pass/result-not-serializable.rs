use taskflow::{flow, task};

pub struct Connection(u64);

#[task(transient)]
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

fn main() {
    let check = Check { host: "one".to_owned() };
    assert_eq!(check.call(&taskflow::Serial).unwrap(), 3);
}
