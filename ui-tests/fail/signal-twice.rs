use taskflow::flow;



flow! {
    struct Checkout {}
    linear[signal(approval: bool), signal(approval: u32)]
}

fn main() {}
