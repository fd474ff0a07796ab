// expects: `taskflow::Parallel` cannot run this flow
use std::rc::Rc;
use taskflow::{Parallel, flow, task};

#[task]
fn count(text: &Rc<str>) -> usize {
    text.len()
}

flow! {
    #[flow(local)]
    struct Count { #[resource] text: Rc<str> } -> usize
    linear[count]
}

fn main() {
    let _ = Count { text: "three".into() }.call(&Parallel::new());
}
