use taskflow::flow;
use tasks::write;

mod tasks {
    #[taskflow::task]
    pub fn write(text: &str) -> usize {
        text.len()
    }
}

flow! {
    struct Save { text: String } -> usize
    linear[write]
}

fn main() {
    let save = Save { text: "four".to_owned() };
    assert_eq!(save.call(&taskflow::Serial).unwrap(), 4);
}
