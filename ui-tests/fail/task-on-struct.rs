// expects: `#[task]` is for functions; put it on a free `fn`
use taskflow::task;

#[task]
pub struct Bank {
    pub price: u64,
}

fn main() {
    let _ = Bank { price: 1 };
}
