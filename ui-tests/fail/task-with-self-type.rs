// expects: `open` is a task, which is a free function and has no `Self`; move it out of the `impl`, and write the type
use taskflow::task;

pub struct Bank;

impl Bank {
    #[task]
    pub fn open(name: &str) -> Self {
        let _ = name;
        Self
    }
}

fn main() {
    let _ = Bank::open("a");
}
