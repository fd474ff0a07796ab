//! What a flow costs to compile.

fn main() {}
