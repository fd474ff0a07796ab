// expects: `#[task]` is for functions; put it on a free `fn`
use taskflow::task;

pub struct Bank;

#[task]
impl Bank {
    pub fn pay(price: u64) -> u64 {
        price
    }
}

fn main() {
    let _ = Bank::pay(1);
}
