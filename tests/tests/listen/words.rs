//! Events as a person reads them.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use taskflow::{Lines, Logbook, Serial, flow, task};

#[task(retry(times = 2, backoff = fixed("1ms")))]
fn fetch() -> Result<u32, io::Error> {
    let cause = io::Error::other("no\nroute");
    Err(io::Error::other(cause))
}

flow! {
    struct Fetch {} -> u32
    linear[fetch]
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn each_event_is_a_line_with_its_time() {
    let text = Shared::default();
    let flow = Fetch {}.id("f-1").listen(Lines::new(text.clone()));
    flow.run(&Serial, &Logbook::memory()).unwrap_err();
    let text = String::from_utf8(text.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let (time, line) = lines[0].split_once(' ').unwrap();
    assert_eq!(line, "fetch f-1: run started");
    assert_eq!((time.len(), &time[10..11], &time[23..]), (24, "T", "Z"));
    assert!(lines[2].ends_with("fetch f-1: fetch failed: no"));
    assert!(lines[3].starts_with("    route"), "{text}");
    assert!(lines[3].contains("; it is attempted again at 2"), "{text}");
    assert!(lines.last().unwrap().ends_with("run failed"));
}

struct Full;

impl Write for Full {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::other("full"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(io::Error::other("full"))
    }
}

#[task]
fn one() -> u32 {
    1
}

flow! {
    struct One {} -> u32
    linear[one]
}

#[test]
fn a_line_that_cannot_be_written_disturbs_nobody() {
    let flow = One {}.listen(Lines::new(Full));
    assert_eq!(flow.call(&Serial).unwrap(), 1);
}
