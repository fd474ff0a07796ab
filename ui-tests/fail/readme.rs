// expects: task `charge` needs `price`, which nothing before it provides; add a task that provides it, or an input `price`
use taskflow::{Logbook, Parallel, flow, task};

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
    if price < 100 { Ok(format!("paid {price}")) } else { Err("card declined".into()) }
}

flow! {
    /// From an order to a receipt.
    struct Checkout { order: Vec<u32> } -> String
    linear[hold, charge]
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let book = Logbook::open("orders.book")?;
    let receipt = Checkout { order: vec![30, 40] }.run(&Parallel::new(), &book)?;
    println!("{receipt}");
    Ok(())
}
