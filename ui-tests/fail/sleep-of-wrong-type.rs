use taskflow::flow;



flow! {
    struct Checkout { seconds: u64 }
    sleep(seconds)
}

fn main() {}
