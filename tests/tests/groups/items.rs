//! `map`.

use taskflow::{Failure, TaskContext, Undone, flow, task};
use tests::{Journal, everywhere, failed};

#[task(revert = unfetch(journal, page))]
fn fetch(journal: &Journal, page: &u32) -> Result<u32, String> {
    if *page == 13 {
        return Err("unlucky".into());
    }
    journal.note(format!("fetch {page}"));
    Ok(page * 2)
}

fn unfetch(journal: &Journal, page: &u32) {
    journal.note(format!("unfetch {page}"));
}

#[task]
fn parse(fetch: &u32, ctx: &TaskContext) -> String {
    format!("{} {fetch}", ctx.atom())
}

flow! {
    struct Pages { pages: Vec<u32>, #[resource] journal: Journal } -> Vec<String>
    linear[map(page in pages)[fetch, parse] as texts]
}

#[test]
fn the_results_are_in_the_order_of_the_items() {
    for count in [0, 1, 2, 3, 100] {
        everywhere!(
            |journal| Pages {
                pages: (20..20 + count).collect(),
                journal
            },
            |seen| {
                let texts: Vec<String> = (0..count)
                    .map(|item| format!("parse[{item}] {}", (20 + item) * 2))
                    .collect();
                assert_eq!(seen.result.unwrap(), texts);
            }
        );
    }
}

#[test]
fn one_that_fails_fails_the_run() {
    everywhere!(
        |journal| Pages {
            pages: vec![1, 2, 13, 4, 5],
            journal
        },
        |seen| {
            let failed = failed(seen.result);
            assert_eq!(failed.failures()[0].to_string(), "task `fetch[2]`: unlucky");
            assert_eq!(*failed.undone(), Undone::All);
            let (fetched, unfetched): (Vec<_>, Vec<_>) = seen
                .effects
                .iter()
                .partition(|effect| effect.starts_with("fetch"));
            assert_eq!(fetched.len(), unfetched.len());
            if seen.serial {
                assert_eq!(
                    seen.effects,
                    ["fetch 1", "fetch 2", "unfetch 2", "unfetch 1"]
                );
            }
        }
    );
}

#[task]
fn count(texts: &[Result<String, Failure>]) -> (usize, usize) {
    let good = texts.iter().filter(|text| text.is_ok()).count();
    (good, texts.len() - good)
}

flow! {
    struct Tolerant { pages: Vec<u32>, #[resource] journal: Journal } -> (usize, usize)
    linear[map(page in pages, tolerate = 2, limit = 3)[fetch, parse] as texts, count]
}

#[test]
fn some_may_fail() {
    everywhere!(
        |journal| Tolerant {
            pages: vec![1, 13, 3, 13, 5],
            journal
        },
        |seen| {
            assert_eq!(seen.result.unwrap(), (3, 2));
        }
    );
    everywhere!(
        |journal| Tolerant {
            pages: vec![1, 13, 3, 13, 5, 13],
            journal
        },
        |seen| {
            assert_eq!(failed(seen.result).failures().len(), 1);
        }
    );
}

#[task]
fn rows(fetch: &u32) -> Vec<u32> {
    (0..*fetch).collect()
}

#[task]
fn square(row: &u32, page: &u32) -> u64 {
    u64::from(row * row + page)
}

#[task]
fn sum(squares: &[u64]) -> u64 {
    squares.iter().sum()
}

flow! {
    struct Deep { pages: Vec<u32>, #[resource] journal: Journal } -> Vec<u64>
    linear[map(page in pages)[fetch, rows, map(row in rows)[square] as squares, sum] as sums]
}

#[test]
fn maps_stand_in_maps() {
    everywhere!(
        |journal| Deep {
            pages: (1..=10).collect(),
            journal
        },
        |seen| {
            let expected: Vec<u64> = (1..=10_u64)
                .map(|page| (0..page * 2).map(|row| row * row + page).sum())
                .collect();
            assert_eq!(seen.result.unwrap(), expected);
        }
    );
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
struct Site {
    name: String,
    pages: Vec<std::path::PathBuf>,
}

#[task(revert = forget(ctx))]
fn visit(page: &std::path::Path, ctx: &TaskContext) -> Result<usize, String> {
    let _ = ctx;
    match page.to_str() {
        Some("13") => Err("unlucky".into()),
        page => Ok(page.map_or(0, str::len)),
    }
}

fn forget(ctx: &TaskContext) -> Result<(), String> {
    Err(format!("{} stays", ctx.atom()))
}

flow! {
    struct Labelled { sites: Vec<Site> } -> Vec<Vec<usize>>
    linear[map(site in sites, label = site.name)[
        map(page in site.pages, label = page)[visit] as visits,
    ] as results]
}

flow! {
    struct LabelledTolerant { names: Vec<String> } -> Vec<Result<usize, Failure>>
    linear[map(name in names, label = name, tolerate = 9)[named] as results]
}

#[task]
fn named(name: &str) -> Result<usize, String> {
    Err(format!("no {name}"))
}

#[test]
fn what_fails_in_an_item_says_which_one_it_is() {
    let site = |name: &str, pages: &[&str]| Site {
        name: name.into(),
        pages: pages.iter().map(Into::into).collect(),
    };
    everywhere!(
        |_journal| Labelled {
            sites: vec![site("north", &["7"]), site("south", &["8", "13"])],
        },
        |seen| {
            let failed = failed(seen.result);
            let failure = &failed.failures()[0];
            assert_eq!(failure.failure.item(), Some("south, \"13\""));
            assert_eq!(
                failure.to_string(),
                "task `visit[1][1]` (south, \"13\"): unlucky"
            );
            let Undone::Partly(left) = failed.undone() else {
                panic!("nothing can be undone");
            };
            for left in left {
                let item = left.failure.as_ref().and_then(Failure::item);
                assert!(item.is_some_and(|item| item.ends_with('"')), "{left:?}");
            }
            if seen.serial {
                assert_eq!(left.len(), 2);
            }
        }
    );
    everywhere!(
        |_journal| LabelledTolerant {
            names: vec!["east".into(), "west".into()],
        },
        |seen| {
            let results = seen.result.unwrap();
            let items: Vec<_> = results
                .iter()
                .map(|result| result.as_ref().unwrap_err().item().unwrap())
                .collect();
            assert_eq!(items, ["east", "west"]);
        }
    );
}
