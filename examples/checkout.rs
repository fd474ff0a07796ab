//! A checkout that goes well, one that fails and is undone, and one that is looked at again.
//!
//! `cargo run --example checkout`

use taskflow::{AnyEngine, Logbook, flow, task};

#[task]
fn price(order: &[u32]) -> u32 {
    order.iter().sum()
}

#[task(revert = release(hold))]
fn hold(order: &[u32]) -> Vec<u32> {
    println!("holding {} items", order.len());
    order.to_vec()
}

fn release(hold: &[u32]) {
    println!("released {} items", hold.len());
}

#[task(provides = receipt)]
fn charge(price: u32) -> Result<String, String> {
    if price < 100 {
        Ok(format!("paid {price}"))
    } else {
        Err("card declined".into())
    }
}

flow! {
    /// From an order to a receipt.
    struct Checkout { order: Vec<u32> } -> String
    linear[unordered[price, hold], charge]
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine: AnyEngine = std::env::args()
        .nth(1)
        .as_deref()
        .unwrap_or("parallel")
        .parse()?;
    let book = Logbook::memory();

    let receipt = Checkout {
        order: vec![30, 40],
    }
    .id("order-1")
    .run(&engine, &book)?;
    println!("{receipt}");

    let failed = Checkout {
        order: vec![30, 400],
    }
    .id("order-2")
    .run(&engine, &book);
    if let Err(error) = failed {
        println!("{error}");
    }

    // The id is known: nothing runs, and the recorded end is told.
    let again = Checkout {
        order: vec![30, 40],
    }
    .id("order-1")
    .run(&engine, &book)?;
    println!("{again}");

    for run in book.runs()? {
        println!("{} {}", run.id, run.state);
    }
    Ok(())
}
