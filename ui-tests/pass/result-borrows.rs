use taskflow::{flow, task};

#[task]
fn first(text: &str) -> String {
    text[..1].to_owned()
}

flow! {
    struct Take { text: String } -> String
    linear[first]
}

fn main() {
    let take = Take { text: "abc".to_owned() };
    assert_eq!(take.call(&taskflow::Serial).unwrap(), "a");
}
