// expects: `flow!` is empty; write a struct and a pattern
taskflow::flow! {}

fn main() {}
