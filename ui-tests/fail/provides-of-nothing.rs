// expects: `pay` returns `()`, which provides nothing; return a value, or remove `provides`
use taskflow::task;

#[task(provides = payment)]
fn pay(price: u64) {
    println!("{price}");
}

fn main() {
    pay(1);
}
