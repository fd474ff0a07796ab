//! Compiles every case of `pass/` and `fail/`, and compares what rustc says with what is written.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.pass("pass/*.rs");
    cases.compile_fail("fail/*.rs");
}
