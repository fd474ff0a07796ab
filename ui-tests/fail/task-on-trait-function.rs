// expects: `pay` has no body; write the task as a free function
use taskflow::task;

pub trait Bank {
    #[task]
    fn pay(price: u64) -> u64;
}

fn main() {}
