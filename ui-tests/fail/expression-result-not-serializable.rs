// expects: `Ticket` cannot be stored, as it is not `Serialize` and `DeserializeOwned`
use taskflow::{Serial, flow, task};

struct Ticket;

#[task]
fn pay(price: u64) -> Ticket {
    let _ = price;
    Ticket
}

fn main() {
    let price = 3;
    let _ = flow![linear[pay]].call(&Serial);
}
