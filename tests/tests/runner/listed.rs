//! Listing runs: filters, pages, and what needs a person.

use std::time::{Duration, SystemTime};

use taskflow::runner::{Attention, Listed};
use taskflow::{Logbook, RunState, Runner, Serial, StartError, flow, task};
use tests::{Journal, failed};

use crate::flows::{Double, DoubleInputs, DoubleResources, Gate, Gated, GatedInputs, id, runner};

fn ids(listed: &[Listed]) -> Vec<&str> {
    listed.iter().map(|listed| listed.run.id.as_ref()).collect()
}

#[test]
fn filters_narrow_the_list() {
    let (gate, journal) = (Gate::default(), Journal::default());
    let runner = runner(&Logbook::memory(), &gate, &journal);
    let begin = SystemTime::now() - Duration::from_secs(1);
    let double = |id, number, tenant| {
        let run = runner.start::<Double>(DoubleInputs { number }).id(id);
        run.label("tenant", tenant)
            .label("kind", "test")
            .start()
            .unwrap()
    };
    double("a", 1, "north").wait().unwrap();
    double("b", 2, "south").wait().unwrap();
    failed(double("c", u32::MAX, "north").wait());
    let gated = runner.start::<Gated>(GatedInputs { number: 1 }).id("d");
    gated.label("tenant", "north").start().unwrap();
    gate.crowd(1);
    let hour = Duration::from_hours(1);

    assert_eq!(ids(&runner.runs().list().unwrap()), ["a", "b", "c", "d"]);
    let north = runner.runs().label("tenant", "north");
    assert_eq!(ids(&north.clone().list().unwrap()), ["a", "c", "d"]);
    assert_eq!(
        ids(&north.clone().flow("double").list().unwrap()),
        ["a", "c"]
    );
    assert_eq!(
        ids(&north.clone().label("kind", "test").list().unwrap()),
        ["a", "c"]
    );
    assert_eq!(
        ids(&north.clone().state(RunState::Running).list().unwrap()),
        ["d"]
    );
    let two = north.state(RunState::Running).state(RunState::Failed);
    assert_eq!(ids(&two.list().unwrap()), ["c", "d"]);
    let runs = || runner.runs();
    assert_eq!(runs().started_from(begin).list().unwrap().len(), 4);
    assert_eq!(runs().started_from(begin + hour).list().unwrap().len(), 0);
    assert_eq!(runs().started_before(begin).list().unwrap().len(), 0);
    assert_eq!(runs().started_before(begin + hour).list().unwrap().len(), 4);
    assert_eq!(runs().label("tenant", "west").list().unwrap().len(), 0);

    assert_eq!(ids(&runs().limit(2).list().unwrap()), ["a", "b"]);
    let page = runs().after(&id("b")).limit(1).list().unwrap();
    assert_eq!(ids(&page), ["c"]);
    assert!(runs().after(&id("d")).list().unwrap().is_empty());
    assert!(runs().limit(0).list().unwrap().is_empty());
    assert!(matches!(
        runs().after(&id("nobody")).list(),
        Err(StartError::NoSuchRun(_))
    ));
    gate.open();
}

#[test]
fn pages_of_a_long_list_lead_on_to_each_other() {
    let runner = runner(&Logbook::memory(), &Gate::default(), &Journal::default());
    for number in 0..600 {
        let double = runner.start::<Double>(DoubleInputs { number });
        double
            .label("even", (number % 2 == 0).to_string())
            .start()
            .unwrap();
    }
    let even = runner.runs().label("even", "true");
    let all = even.clone().list().unwrap();
    assert_eq!(all.len(), 300);
    let mut seen = Vec::new();
    let mut page = even.clone().limit(70).list().unwrap();
    while let Some(last) = page.last() {
        let next = even.clone().after(&last.run.id).limit(70);
        seen.extend(page.iter().map(|listed| listed.run.id.clone()));
        page = next.list().unwrap();
    }
    let all: Vec<_> = all.into_iter().map(|listed| listed.run.id).collect();
    assert_eq!(seen, all);
}

#[task(revert = cannot())]
fn pin() -> u32 {
    1
}

fn cannot() -> Result<(), String> {
    Err("it is stuck".to_owned())
}

#[task]
fn fall(pin: u32) -> Result<u32, String> {
    Err(format!("{pin} is not enough"))
}

flow! {
    struct Stuck {} -> u32
    linear[pin, fall]
}

#[test]
fn what_needs_a_person_says_why() {
    let (book, journal) = (Logbook::memory(), Journal::default());
    let of = |number| Double {
        number,
        journal: journal.clone(),
    };
    of(1).id("fine").run(&Serial, &book).unwrap();
    failed(of(u32::MAX).id("kept").run(&Serial, &book));
    failed(Stuck {}.id("stuck").run(&Serial, &book));
    of(2).id("interrupted").start(&Serial, &book).unwrap();
    // Its flow is not registered.
    let gated = Gated {
        number: 1,
        gate: Gate::default(),
        journal: journal.clone(),
    };
    gated.id("unknown").start(&Serial, &book).unwrap();

    let runner = Runner::new(Serial, book)
        .register::<Double>(DoubleResources { journal })
        .register::<Stuck>(StuckResources {})
        .build();
    let trouble = runner.runs().attention().list().unwrap();
    assert_eq!(ids(&trouble), ["kept", "stuck", "unknown"]);
    let why: Vec<_> = trouble
        .iter()
        .map(|listed| listed.attention.as_ref().unwrap())
        .collect();
    assert!(matches!(
        why[..],
        [
            Attention::Failed,
            Attention::PartlyUndone,
            Attention::Refused(_)
        ]
    ));
    assert_eq!(
        trouble[2].to_string(),
        "run `unknown` of `gated` v1 is interrupted: the runner was not given flow `gated` v1; \
         `register` it"
    );
    let listed = runner.runs().list().unwrap();
    assert_eq!(
        listed[3].to_string(),
        "run `interrupted` of `double` v1 is interrupted"
    );
    assert_eq!(
        runner
            .runs()
            .attention()
            .flow("stuck")
            .list()
            .unwrap()
            .len(),
        1
    );
}
