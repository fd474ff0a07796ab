// expects: macro definition is not supported in `trait`s or `impl`s
// expects: `use` import is not supported in `trait`s or `impl`s
// expects: `const` items in this context need a name
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
