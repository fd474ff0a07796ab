// expects: `fail` is here for the second time; give it another name with `fail(…) as …`
use taskflow::flow;



flow! {
    struct Checkout {}
    linear[fail(reason = "no"), fail(reason = "never")]
}

fn main() {}
