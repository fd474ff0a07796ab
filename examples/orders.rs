//! Orders over HTTP: `cargo run --example orders -- serve --book orders.book`.
//!
//! Each order is a run: pieces are reserved, the card is charged, the pieces are sent and the
//! customer is told; when it cannot be done, all of it is undone. A `Runner` drives the runs. Kill
//! the program at any moment and start it again: every order comes to one end, nobody is charged
//! twice, and nothing stays reserved. Without arguments it tries that out by itself.
//!
//! ```sh
//! curl -i localhost:8080/orders -H 'Idempotency-Key: my-first' \
//!      -d '{"item": "tea", "pieces": 2, "card": "visa-4711", "mail": "eve@example.org"}'
//! curl localhost:8080/orders/my-first
//! curl localhost:8080/attention                       # what needs a person
//! curl -X POST localhost:8080/orders/ID/resume        # once the person has seen to it
//! ```
//!
//! Stock, gateway and mailer are simulated. There are `tea`, `cup` and `pot`, and `vase`, which
//! breaks when it is packed. A card that begins with `poor` is declined, and of one that begins
//! with `mute` the answers get lost.
//!
//! The flow below is the program. Each task is an ordinary function in a module of its own, marked
//! `#[task]`.

#![allow(
    unreachable_pub,
    reason = "nothing is reached from outside of a program: `pub` means outside of a module"
)]

use taskflow::flow;

flow! {
    /// Takes an order to a shipment.
    #[flow(name = "checkout", version = 2)]
    struct Checkout {
        order: Order,
        #[resource] stock: Arc<dyn Stock>,
        #[resource] gateway: Arc<dyn Gateway>,
        #[resource] mailer: Arc<dyn Mailer>,
    } -> shipment: Shipment
    linear[
        reserve,
        charge,
        commit as shipment,
        // That nobody could be told does not fail an order that is sent.
        try[mail],
    ]
}

#[path = "orders/cli.rs"]
mod cli;
#[path = "orders/client.rs"]
mod client;
#[path = "orders/gateway.rs"]
mod gateway;
#[path = "orders/http.rs"]
mod http;
#[path = "orders/mail.rs"]
mod mail;
#[path = "orders/order.rs"]
mod order;
#[path = "orders/placed.rs"]
mod placed;
#[path = "orders/screen.rs"]
mod screen;
#[path = "orders/serve.rs"]
mod serve;
#[path = "orders/server.rs"]
mod server;
#[path = "orders/service.rs"]
mod service;
#[path = "orders/simulated.rs"]
mod simulated;
#[path = "orders/stock.rs"]
mod stock;
#[path = "orders/trouble.rs"]
mod trouble;
#[path = "orders/try_out.rs"]
mod try_out;
#[path = "orders/v1.rs"]
mod v1;
#[path = "orders/world.rs"]
mod world;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;

use cli::{Arguments, Command};
use gateway::{Gateway, charge};
use mail::{Mailer, mail};
use order::{Order, Shipment};
use screen::say;
use stock::{Stock, commit, reserve};

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Some(Command::Serve(args)) => serve::serve(&args),
        None => try_out::try_out(),
    };
    done.unwrap_or_else(|error| {
        say(&format!("error: {error:#}"));
        ExitCode::FAILURE
    })
}
