// expects: `flow!` is empty; write a struct and a pattern: `struct Name { input: Type } -> Output linear[task]`
taskflow::flow! {}

fn main() {}
