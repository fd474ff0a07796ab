// expects: the last task of the `map` provides nothing that could have a name; remove `as`, or return a value there
use taskflow::{flow, task};

#[task]
fn show(one: &u32) {
    assert_eq!(*one, 1);
}

flow! {
    struct Sum { numbers: Vec<u32> }
    map(one in numbers)[show] as shown
}

fn main() {}
