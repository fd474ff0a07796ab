// expects: `fail` says why; write `fail(reason = "…")`, or `self::fail` for a task of this name
use taskflow::flow;



flow! {
    struct Checkout {}
    fail("no")
}

fn main() {}
