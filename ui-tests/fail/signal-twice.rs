// expects: the flow waits for `approval` for the second time; give this signal another name
use taskflow::flow;



flow! {
    struct Checkout {}
    linear[signal(approval: bool), signal(approval: u32)]
}

fn main() {}
