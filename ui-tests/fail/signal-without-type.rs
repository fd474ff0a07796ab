use taskflow::flow;



flow! {
    struct Checkout {}
    signal(approval)
}

fn main() {}
