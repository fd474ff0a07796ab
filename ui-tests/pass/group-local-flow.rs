//! What stays on one thread may be in every group.
use std::cell::Cell;
use std::rc::Rc;

use taskflow::{flow, task};

#[task(transient)]
fn counter(start: u32) -> Rc<Cell<u32>> {
    Rc::new(Cell::new(start))
}

#[task]
fn count(counter: &Cell<u32>) -> Cell<u32> {
    counter.set(counter.get() + 1);
    counter.clone()
}

flow! {
    #[flow(local)]
    pub struct Counts { starts: Vec<u32> } -> (counts: Vec<Cell<u32>>, last: Cell<u32>)
    linear[
        map(start in starts)[counter, count] as counts,
        retry(times = 2)[try[counter(start = 1) as other, count(counter = other) as tried] as safe],
        limit(1)[counter(start = 3) as third, count(counter = third) as last],
    ]
}

fn main() {}
