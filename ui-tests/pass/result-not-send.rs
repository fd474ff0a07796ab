use std::rc::Rc;
use taskflow::{flow, task};

#[task]
fn share(text: &str) -> Rc<str> {
    text.into()
}

#[task]
fn count(share: &Rc<str>) -> usize {
    share.len()
}

flow! {
    #[flow(local)]
    struct Count { text: String } -> usize
    linear[share, count]
}

fn main() {
    let count = Count { text: "three".to_owned() };
    assert_eq!(count.call(&taskflow::Serial).unwrap(), 5);
}
