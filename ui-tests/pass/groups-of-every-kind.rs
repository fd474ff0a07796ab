//! Every group, alone and in another one.
use std::sync::Arc;
use std::time::Duration;

use taskflow::{Failure, flow, task};

#[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)]
enum Plan {
    Free,
    Team { seats: u32, name: String },
    Old(u8),
}

#[derive(PartialEq, serde::Serialize, serde::Deserialize)]
struct Page {
    url: String,
    weight: u64,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Document(String);

#[derive(Debug)]
struct Refused(bool);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "refused: {}", self.0)
    }
}

impl Refused {
    fn is_transient(&self) -> bool {
        self.0
    }
}

#[task]
fn fetch(page: &Page, mirror: Option<&str>) -> Result<String, Refused> {
    Ok(format!("{}{mirror:?}", page.url))
}

#[task]
fn parse(fetch: &str) -> Document {
    Document(fetch.to_owned())
}

#[task]
fn index(documents: &[Document]) -> usize {
    documents.iter().map(|Document(text)| text.len()).sum()
}

#[task]
fn bill(seats: u32) -> Result<u64, Refused> {
    Ok(u64::from(seats))
}

#[task(provides = bill)]
fn nothing() -> u64 {
    0
}

#[task(revert = forget(greet))]
fn greet(name: &str) -> String {
    name.to_owned()
}

fn forget(greet: &str) {
    assert_ne!(greet, "");
}

#[task]
fn accept(approval: bool, bill: &u64, greet: Option<&str>) -> Result<(), String> {
    if approval && *bill > 0 && greet.is_some() {
        Ok(())
    } else {
        Err(String::from("no"))
    }
}

const JOBS: usize = 4;
const SHORT: Duration = Duration::from_millis(5);
const REASON: &str = "too old";

flow! {
    /// Groups around each other.
    struct Site {
        plan: Plan,
        pages: Vec<Page>,
        mirrors: Arc<[String]>,
        least: u32,
        attempts: u8,
        pause: Duration,
        quiet: bool,
    } -> (index: usize, sent: Option<Result<(), Failure>>)
    linear[
        match plan {
            Plan::Team { seats, name } if seats > least && !name.is_empty() => unordered[
                retry(times = attempts, backoff = exponential("10ms", max = pause, jitter), if = Refused::is_transient)[
                    bill,
                ],
                greet,
            ],
            Plan::Free | Plan::Team { .. } => nothing,
            Plan::Old(_) => fail(reason = const REASON) as old,
        },
        map(page in pages, limit = const JOBS, label = page.url)[
            retry(mirror in mirrors, times = 7, backoff = fixed(const SHORT))[fetch],
            parse,
        ] as documents,
        map(other in pages, tolerate = 0.5%)[
            sleep("1ms"),
            transient[weigh(weight = other.weight)],
            weigh(weight = weigh) as heavier,
        ],
        limit(least)[
            timeout("1h30m")[
                index,
                signal(approval: bool, timeout = pause),
            ],
        ],
        sleep(pause) as rest,
        when(quiet)[try[transient[weigh(weight = 3) as weight], accept] as sent],
    ]
}

flow! {
    /// A flow with groups, in groups.
    struct Sites { plans: Vec<Plan>, mirrors: Arc<[String]>, pause: Duration } -> all: Vec<usize>
    linear[
        limit(2)[
            map(plan in plans)[
                pages,
                Site(least = 1, attempts = 2, quiet = true),
                same(index = index),
            ] as all,
        ],
    ]
}

#[task]
fn pages() -> Vec<Page> {
    Vec::new()
}

#[task]
fn same(index: usize) -> usize {
    index
}

#[task]
fn weigh(weight: u64) -> u64 {
    weight
}

fn main() {
    assert_eq!(<Sites as taskflow::Flow>::PLAN.name(), "sites");
}
