//! Who reads from a group that was cut short by a kill, behind it.

use taskflow::{Failure, flow, task};
use tests::classic::*;
use tests::{Journal, recorded};

use crate::tell;

#[task]
fn read(first: i64, journal: &Journal) {
    journal.note(format!("read {first}"));
}

const WANTED: [&str; 3] = ["first=1", "second=2", "read 1"];

flow! {
    struct Pattern { #[resource] journal: Journal }
    linear[linear[tell(x = 1) as first, tell(x = 2) as second], read]
}

#[test]
fn within_a_pattern() {
    recorded!(|journal| Pattern { journal }, |told| {
        told.result.unwrap();
        assert_eq!(told.effects, WANTED);
    });
}

flow! {
    struct Retry { #[resource] journal: Journal }
    linear[retry(times = 2)[tell(x = 1) as first, tell(x = 2) as second], read]
}

#[test]
fn within_a_retry() {
    recorded!(|journal| Retry { journal }, |told| {
        told.result.unwrap();
        assert_eq!(told.effects, WANTED);
    });
}

flow! {
    struct Timeout { #[resource] journal: Journal }
    linear[timeout("1m")[tell(x = 1) as first, tell(x = 2) as second], read]
}

#[test]
fn within_a_timeout() {
    recorded!(|journal| Timeout { journal }, |told| {
        told.result.unwrap();
        assert_eq!(told.effects, WANTED);
    });
}

flow! {
    struct Limit { #[resource] journal: Journal }
    linear[limit(1)[tell(x = 1) as first, tell(x = 2) as second], read]
}

#[test]
fn within_a_limit() {
    recorded!(|journal| Limit { journal }, |told| {
        told.result.unwrap();
        assert_eq!(told.effects, WANTED);
    });
}

#[task]
fn read_tried(tried: &Result<i64, Failure>, journal: &Journal) {
    journal.note(format!("{tried:?}"));
}

flow! {
    struct Tried { #[resource] journal: Journal }
    linear[try[tell(x = 1) as first, provide as five] as tried, read_tried]
}

#[test]
fn within_a_try() {
    recorded!(|journal| Tried { journal }, |told| {
        told.result.unwrap();
        assert_eq!(told.effects, ["first=1", "five+", "Ok(5)"]);
    });
}

#[task]
fn read_all(all: &[i64], journal: &Journal) {
    journal.note(format!("{all:?}"));
}

flow! {
    struct Mapped { xs: Vec<i64>, #[resource] journal: Journal }
    linear[map(x in xs)[tell as one, provide as five, tell(x = one) as two] as all, read_all]
}

#[test]
fn within_a_map() {
    let xs = &vec![1, 2];
    recorded!(
        unordered
            | journal
            | Mapped {
                xs: xs.clone(),
                journal
            },
        |told| {
            told.result.unwrap();
            assert_eq!(told.effects.len(), 7);
            assert_eq!(told.effects[6], "[1, 2]");
        }
    );
}

#[task]
fn double(x: i64) -> i64 {
    2 * x
}

#[task]
fn read_each(all: &[Vec<Result<i64, Failure>>], journal: &Journal) {
    journal.note(format!("{all:?}"));
}

flow! {
    struct InItems { xs: Vec<i64>, rows: Vec<Vec<i64>>, #[resource] journal: Journal }
    linear[
        map(x in xs)[retry(times = 2)[timeout("1m")[limit(1)[double]]]] as all,
        read_all,
        map(row in rows)[map(x in row)[try[double as tried_double] as tried]] as all_rows,
        read_each(all = all_rows),
    ]
}

#[test]
fn groups_in_items_that_are_over() {
    recorded!(
        unordered
            | journal
            | InItems {
                xs: vec![1, 2],
                rows: vec![vec![3], vec![], vec![4, 5]],
                journal
            },
        |told| {
            told.result.unwrap();
            assert_eq!(told.effects, ["[2, 4]", "[[Ok(6)], [], [Ok(8), Ok(10)]]"]);
        }
    );
}

#[task]
fn is_even(x: i64) -> bool {
    x % 2 == 0
}

#[task]
fn even() -> i64 {
    1
}

#[task]
fn odd() -> i64 {
    2
}

#[task]
fn read_either(
    even: Option<&i64>,
    odd: Option<&i64>,
    x: i64,
    journal: &Journal,
) -> Result<(), String> {
    journal.note(format!("{even:?} {odd:?}"));
    if x > 1 {
        Ok(())
    } else {
        Err("too small".to_owned())
    }
}

flow! {
    struct Arms { xs: Vec<i64>, #[resource] journal: Journal }
    linear[retry(x in xs)[is_even, match is_even { true => even, false => odd }, read_either]]
}

flow! {
    struct GroupsInArms { xs: Vec<i64>, #[resource] journal: Journal }
    linear[retry(x in xs)[
        is_even,
        match is_even { true => timeout("1m")[even], false => timeout("1m")[odd] },
        read_either,
    ]]
}

#[test]
fn an_arm_that_only_the_attempt_before_has_taken() {
    recorded!(
        |journal| Arms {
            xs: vec![1, 2],
            journal
        },
        |told| {
            told.result.unwrap();
            assert_eq!(told.effects, ["None Some(2)", "Some(1) None"]);
        }
    );
    recorded!(
        |journal| GroupsInArms {
            xs: vec![1, 2],
            journal
        },
        |told| {
            told.result.unwrap();
            assert_eq!(told.effects, ["None Some(2)", "Some(1) None"]);
        }
    );
}
