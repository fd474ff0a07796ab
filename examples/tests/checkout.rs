//! Runs the checkout and compares all that it prints.

use std::process::Command;

#[test]
fn it_prints_what_the_readme_says() {
    for engine in ["serial", "parallel", "parallel:4"] {
        let mut run = Command::new(env!("CARGO"));
        run.args([
            "run",
            "--quiet",
            "--package",
            "examples",
            "--example",
            "checkout",
            "--",
            engine,
        ]);
        let output = run.output().expect("cargo runs");
        let text = String::from_utf8(output.stdout).expect("it prints text");
        let failed = "\
holding 2 items
released 2 items
flow `checkout` failed: task `charge`: card declined; what had succeeded is undone
";
        let all = format!(
            "holding 2 items\npaid 70\n{failed}paid 70\norder-1 succeeded\norder-2 reverted\n"
        );
        assert_eq!(text, all, "{}", String::from_utf8_lossy(&output.stderr));
        assert!(include_str!("../../README.md").contains(failed));
    }
}
