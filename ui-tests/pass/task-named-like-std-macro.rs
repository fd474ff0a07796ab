//! A task of a module may have the name of a macro of the standard library, however it is imported.
use taskflow::Serial;

mod tasks {
    #[taskflow::task]
    pub fn write(text: &str) -> usize {
        text.len()
    }

    #[taskflow::task]
    pub fn line(write: usize) -> usize {
        write + 1
    }

    #[taskflow::task]
    pub fn vec(line: usize) -> Vec<usize> {
        [line, 0].to_vec()
    }
}

mod imported {
    use super::tasks::{line, vec, write};

    taskflow::flow! {
        pub struct Save { text: String } -> Vec<usize>
        linear[write, line, vec]
    }
}

mod globbed {
    use super::tasks::*;

    taskflow::flow! {
        pub struct Save { text: String } -> Vec<usize>
        linear[write, line, vec]
    }
}

fn main() {
    let text = || "four".to_owned();
    assert_eq!(imported::Save { text: text() }.call(&Serial).unwrap(), [5, 0]);
    assert_eq!(globbed::Save { text: text() }.call(&Serial).unwrap(), [5, 0]);
}
