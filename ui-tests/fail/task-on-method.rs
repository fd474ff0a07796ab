// expects: a task cannot take `self`; write a free function that takes `&T` as an ordinary parameter
use taskflow::task;

pub struct Bank;

impl Bank {
    #[task]
    pub fn pay(&self, price: u64) -> u64 {
        price
    }
}

fn main() {
    let _ = Bank.pay(1);
}
