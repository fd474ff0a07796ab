// expects: a task cannot take `self`; write a free function that takes `&T` as an ordinary parameter
use taskflow::task;

pub trait Bank {
    #[task]
    fn pay(&self, price: u64) -> u64;
}

fn main() {}
