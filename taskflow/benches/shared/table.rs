//! The table of what was measured, with the bar beside each row.

/// What a figure is.
#[derive(Clone, Copy)]
// Each program prints some of them.
#[allow(dead_code)]
pub(crate) enum Unit {
    /// Nanoseconds per task.
    NsPerTask,
    /// Microseconds per run.
    UsPerRun,
    /// Times the time of what it is compared with.
    Times,
    /// How many for each task that finishes.
    PerTask,
    /// Seconds of CPU time.
    Seconds,
}

/// Begins a part of the table.
pub(crate) fn title(title: &str) {
    println!("\n{title}");
}

/// Prints a figure, and what it must not exceed where there is such a bar.
pub(crate) fn row(name: &str, figure: f64, unit: Unit, bar: Option<f64>) {
    let unit = match unit {
        Unit::NsPerTask => "ns/task",
        Unit::UsPerRun => "us/run",
        Unit::Times => "times",
        Unit::PerTask => "per task",
        Unit::Seconds => "s",
    };
    let verdict = match bar {
        None => String::new(),
        Some(bar) if figure <= bar => format!("{bar:>9.2}  met"),
        Some(bar) => format!("{bar:>9.2}  missed"),
    };
    println!("  {name:<58} {figure:>9.3} {unit:<8} {verdict}");
}
