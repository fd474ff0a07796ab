//! Controllers in controllers, and what stands around one.

use taskflow::{Failure, RunState, flow, task};
use tests::classic::*;
use tests::{Journal, failed, recorded};

use crate::{pick, said, tell};

flow! {
    struct InnerAlone { xs: Vec<i64>, y: i64, #[resource] journal: Journal }
    linear[retry(times = 1)[
        provide as t1,
        retry(x in xs)[provide as t2, pick as t3],
        provide as t4,
    ]]
}

#[test]
fn the_inner_part_alone_is_tried_again() {
    recorded!(
        |journal| InnerAlone {
            xs: vec![1, 2, 3],
            y: 2,
            journal
        },
        |told| {
            let wanted = ["t1+", "t2+", "t3+", "t3<", "t2<", "t2+", "t3+", "t4+"];
            assert_eq!(told.effects, wanted);
            assert_eq!(told.state, RunState::Succeeded);
        }
    );
}

flow! {
    struct GivenUp { y: i64, #[resource] journal: Journal }
    linear[provide as t1, retry(times = 1)[provide as t2, pick(x = 1) as t3], provide as t4]
}

#[test]
fn what_stands_before_a_part_that_is_given_up_is_undone_too() {
    recorded!(|journal| GivenUp { y: 2, journal }, |told| {
        assert_eq!(told.effects, ["t1+", "t2+", "t3+", "t3<", "t2<", "t1<"]);
        assert_eq!(told.state, RunState::Reverted);
        assert_eq!(said(&failed(told.result)), ["t3: Woot!"]);
    });
}

flow! {
    struct Outer { xs: Vec<i64>, y: i64, #[resource] journal: Journal }
    linear[retry(x1 in xs)[
        provide as t1,
        retry(x2 in xs)[tell(x = x2) as t2, provide as t3],
        pick(x = x1) as t4,
    ]]
}

#[test]
fn an_outer_controller_begins_the_inner_one_anew() {
    recorded!(
        |journal| Outer {
            xs: vec![1, 2, 3],
            y: 2,
            journal
        },
        |told| {
            let wanted = [
                "t1+", "t2=1", "t3+", "t4+", "t4<", "t3<", "t2<1", "t1<", // once more
                "t1+", "t2=1", "t3+", "t4+",
            ];
            assert_eq!(told.effects, wanted);
            assert_eq!(told.state, RunState::Succeeded);
        }
    );
}

flow! {
    struct OuterCounts { xs: Vec<i64>, y: i64, #[resource] journal: Journal }
    linear[retry(x1 in xs)[
        provide as t1,
        retry(times = 3)[provide as t2, provide as t3],
        pick(x = x1) as t4,
    ]]
}

#[test]
fn an_outer_controller_undoes_the_inner_part_too() {
    recorded!(
        |journal| OuterCounts {
            xs: vec![1, 2, 3],
            y: 2,
            journal
        },
        |told| {
            let wanted = [
                "t1+", "t2+", "t3+", "t4+", "t4<", "t3<", "t2<", "t1<", // once more
                "t1+", "t2+", "t3+", "t4+",
            ];
            assert_eq!(told.effects, wanted);
            assert_eq!(told.state, RunState::Succeeded);
        }
    );
}

flow! {
    struct InnerGivesUp { xs: Vec<i64>, y: i64, #[resource] journal: Journal }
    linear[retry(x in xs)[provide as t1, retry(times = 1)[provide as t2, pick as t3]]]
}

#[test]
fn when_the_inner_one_gives_up_the_outer_one_decides() {
    recorded!(
        |journal| InnerGivesUp {
            xs: vec![1, 2],
            y: 2,
            journal
        },
        |told| {
            let wanted = [
                "t1+", "t2+", "t3+", "t3<", "t2<", "t1<", "t1+", "t2+", "t3+",
            ];
            assert_eq!(told.effects, wanted);
            assert_eq!(told.state, RunState::Succeeded);
        }
    );
    recorded!(
        |journal| InnerGivesUp {
            xs: vec![1, 3],
            y: 2,
            journal
        },
        |told| {
            let attempt = ["t1+", "t2+", "t3+", "t3<", "t2<", "t1<"];
            assert_eq!(told.effects, [attempt, attempt].concat());
            assert_eq!(told.state, RunState::Reverted);
            assert_eq!(said(&failed(told.result)), ["t3: Woot!"]);
        }
    );
}

#[derive(Debug)]
struct Final;

impl Final {
    fn is_worth_it(&self) -> bool {
        let Self = self;
        false
    }
}

impl std::fmt::Display for Final {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Woot!")
    }
}

#[task]
fn last_word(journal: &Journal) -> Result<(), Final> {
    journal.note("t2+");
    Err(Final)
}

flow! {
    struct AllRefuse { #[resource] journal: Journal }
    linear[retry(times = 3, if = Final::is_worth_it)[
        provide as t1,
        retry(times = 3, if = Final::is_worth_it)[last_word],
    ]]
}

#[test]
fn an_error_that_no_controller_takes_for_worth_it_undoes_everything() {
    recorded!(|journal| AllRefuse { journal }, |told| {
        assert_eq!(told.effects, ["t1+", "t2+", "t1<"]);
        assert_eq!(told.state, RunState::Reverted);
    });
}

flow! {
    struct Nothing { none: Vec<i64>, #[resource] journal: Journal }
    linear[retry(times = 2)[provide as t1, retry(x in none)[tell]]]
}

#[test]
fn a_controller_that_fails_itself_is_decided_about_by_the_outer_one() {
    recorded!(
        |journal| Nothing {
            none: Vec::new(),
            journal
        },
        |told| {
            assert_eq!(told.effects, ["t1+", "t1<", "t1+", "t1<"]);
            assert_eq!(told.state, RunState::Reverted);
            let wanted = "there is nothing to try: what the `retry` goes through is empty";
            let failed = failed(told.result);
            assert_eq!(failed.failures().len(), 1);
            assert_eq!(failed.failures()[0].failure.message(), wanted);
        }
    );
}

#[task]
fn name_failure(tried: &Result<i64, Failure>, journal: &Journal) {
    let end = tried.as_ref().map_err(Failure::message);
    journal.note(format!("{end:?}"));
}

flow! {
    struct GoesOn { xs: Vec<i64>, y: i64, #[resource] journal: Journal }
    linear[
        provide as t1,
        try[retry(x in xs)[pick as t2, provide as t3]] as tried,
        name_failure,
    ]
}

#[test]
fn what_is_given_up_locally_leaves_the_rest_in_place() {
    recorded!(
        |journal| GoesOn {
            xs: vec![1, 3],
            y: 2,
            journal
        },
        |told| {
            told.result.unwrap();
            let wanted = ["t1+", "t2+", "t2<", "t2+", "t2<", "Err(\"Woot!\")"];
            assert_eq!(told.effects, wanted);
            assert_eq!(told.state, RunState::Succeeded);
        }
    );
}

flow! {
    struct TriesWithin { xs: Vec<i64>, y: i64, #[resource] journal: Journal }
    linear[retry(x in xs)[try[provide as t1] as tried, name_failure, pick as t2]]
}

#[test]
fn a_try_is_made_anew_in_each_attempt() {
    recorded!(
        |journal| TriesWithin {
            xs: vec![1, 2],
            y: 2,
            journal
        },
        |told| {
            told.result.as_ref().unwrap();
            let wanted = ["t1+", "Ok(5)", "t2+", "t2<", "t1<", "t1+", "Ok(5)", "t2+"];
            assert_eq!(told.effects, wanted);
        }
    );
}

flow! {
    struct MapsWithin { xs: Vec<i64>, y: i64, #[resource] journal: Journal }
    linear[retry(x in xs)[map(z in xs)[tell(x = z) as t1] as all, pick as t2]]
}

#[test]
fn a_map_is_made_anew_in_each_attempt() {
    recorded!(
        unordered
            | journal
            | MapsWithin {
                xs: vec![1, 2],
                y: 2,
                journal
            },
        |told| {
            told.result.as_ref().unwrap();
            let times = |effect: &str| told.effects.iter().filter(|is| *is == effect).count();
            assert_eq!((times("t1[0]=1"), times("t1[1]=2")), (2, 2));
            assert_eq!((times("t1[0]<1"), times("t1[1]<2")), (1, 1));
        }
    );
}
