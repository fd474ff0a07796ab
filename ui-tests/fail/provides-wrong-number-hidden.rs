// expects: mismatched types
use taskflow::task;

pub type Sizes = (u64, u64, u64);

#[task(provides = (width, height))]
fn measure(name: &str) -> Sizes {
    (name.len() as u64, 1, 1)
}

fn main() {
    let _ = measure("a");
}
