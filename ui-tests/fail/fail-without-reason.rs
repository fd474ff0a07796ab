use taskflow::flow;



flow! {
    struct Checkout {}
    fail("no")
}

fn main() {}
