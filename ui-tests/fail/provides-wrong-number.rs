// expects: `measure` returns a tuple of 2, and `provides` names 3; give each field one name
use taskflow::task;

#[task(provides = (width, height, depth))]
fn measure(name: &str) -> (usize, usize) {
    (name.len(), 1)
}

fn main() {
    let _ = measure("a");
}
