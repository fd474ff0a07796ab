use taskflow::flow;



flow! {
    struct Checkout {}
    linear[fail(reason = "no"), fail(reason = "never")]
}

fn main() {}
