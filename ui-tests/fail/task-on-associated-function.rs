// expects: free function
use taskflow::task;

pub struct Bank;

impl Bank {
    #[task]
    pub fn pay(price: u64) -> u64 {
        price
    }
}

fn main() {
    let _ = Bank::pay(1);
}
