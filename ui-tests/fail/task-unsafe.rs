// expects: a task cannot be `unsafe`, because a flow vouches for nothing; write a safe function around it, and make that the task
use taskflow::task;

#[task]
unsafe fn pay(price: u64) -> u64 {
    price
}

fn main() {}
