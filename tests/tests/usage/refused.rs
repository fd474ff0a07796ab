//! What is refused because it is another flow, another plan, or another holder's logbook.

use taskflow::{Logbook, LogbookError, Serial, StartError};
use tests::{Journal, failed};

use crate::places::id;
use crate::start::{half, not_started, of};

mod other {
    //! The same inputs under another name, and under another version.

    use super::{Journal, half};
    use taskflow::flow;

    flow! {
        #[flow(name = "quarter")]
        pub(super) struct Quarter { number: f64, #[resource] journal: Journal } -> f64
        linear[half as first, half(number = first)]
    }
    flow! {
        #[flow(name = "half", version = 2)]
        pub(super) struct Half { number: f64, #[resource] journal: Journal } -> f64
        linear[half]
    }
}

#[test]
fn the_id_of_another_flow_is_refused() {
    let (journal, book) = (Journal::default(), Logbook::memory());
    of(1.0, &journal).id("x").run(&Serial, &book).unwrap();
    assert!(other::Quarter::unfinished(&book).unwrap().is_empty());
    let quarter = other::Quarter {
        number: 1.0,
        journal: journal.clone(),
    };
    let refused = not_started(quarter.id("x").run(&Serial, &book));
    assert_eq!(
        refused.to_string(),
        "run `x` is one of flow `half` v1; use another id, or that flow"
    );
    let second = other::Half {
        number: 1.0,
        journal: journal.clone(),
    };
    let refused = not_started(second.id("x").run(&Serial, &book));
    assert!(matches!(refused, StartError::OtherFlow { version: 1, .. }));
}

mod old {
    //! A flow as it was when the run was started.

    use taskflow::{flow, task};

    #[task]
    fn image() -> u32 {
        1
    }
    #[task]
    fn boot(image: u32) -> Result<u32, String> {
        Err(format!("image {image} does not boot"))
    }
    #[task]
    fn announce(boot: u32) -> u32 {
        boot
    }

    flow! {
        #[flow(name = "deploy")]
        pub(super) struct Deploy {} -> u32
        linear[image, boot, announce]
    }
}

mod new {
    //! The same flow, changed.

    use taskflow::{flow, task};

    #[task]
    fn image() -> u32 {
        1
    }
    #[task]
    fn config() -> u32 {
        2
    }
    #[task]
    fn boot(config: u32) -> u32 {
        config
    }

    flow! {
        #[flow(name = "deploy")]
        pub(super) struct Deploy {} -> u32
        linear[image, config, boot]
    }
}

#[test]
fn a_run_of_a_changed_plan_is_refused_with_the_difference() {
    let book = Logbook::memory();
    failed(old::Deploy {}.id("x").run(&Serial, &book));
    let refused = not_started(new::Deploy {}.id("x").run(&Serial, &book));
    let StartError::Refused { id: run, diff } = &refused else {
        panic!("{refused}");
    };
    assert_eq!(*run, id("x"));
    let changes: Vec<_> = diff.changes().collect();
    assert_eq!(
        changes,
        [
            "task `announce` is gone",
            "task `image` has another place",
            "task `config` is new",
            "task `boot` requires what `config` provides, was what `image` provides",
            "task `boot` has another place",
            "the output is what `boot` provides, was what `announce` provides",
        ]
    );
    assert!(
        refused.to_string().starts_with(
            "run `x` was started with another plan of flow `deploy` v1: task `announce` is gone; "
        ),
        "{refused}"
    );
    let resources = new::DeployResources {};
    assert!(new::Deploy::resume(&id("x"), resources, &Serial, &book).is_err());
    // The flow that started it is not refused.
    failed(old::Deploy {}.id("x").run(&Serial, &book));
}

mod undone {
    //! The flow as it was, but for a revert: what its records say cannot be true of it.

    use taskflow::{flow, task};

    #[task(revert = scrap(image))]
    fn image() -> u32 {
        1
    }
    fn scrap(_: &u32) {}
    #[task]
    fn boot(image: u32) -> Result<u32, String> {
        Err(format!("image {image} does not boot"))
    }
    #[task]
    fn announce(boot: u32) -> u32 {
        boot
    }

    flow! {
        #[flow(name = "deploy", on_failure = keep)]
        pub(super) struct Deploy {} -> u32
        linear[image, boot, announce]
    }
}

mod wider {
    //! The flow with an input more, under the same version.

    use super::{Journal, half};
    use taskflow::{flow, task};

    #[task]
    fn named(name: &str) -> usize {
        name.len()
    }

    flow! {
        #[flow(name = "half")]
        pub(super) struct Half { number: f64, name: String, #[resource] journal: Journal } -> f64
        linear[named, half]
    }
}

#[test]
fn a_run_is_refused_if_a_task_is_undone_otherwise() {
    let book = Logbook::memory();
    failed(undone::Deploy {}.id("x").run(&Serial, &book));
    let resources = undone::DeployResources {};
    let handle = undone::Deploy::resume(&id("x"), resources, &Serial, &book).unwrap();
    handle.revert().unwrap();
    let StartError::Refused { diff, .. } = not_started(old::Deploy {}.id("x").run(&Serial, &book))
    else {
        panic!("it has other reverts");
    };
    let changes: Vec<_> = diff.changes().collect();
    assert_eq!(changes, ["task `image` has no revert, had a revert"]);
}

#[test]
fn a_run_of_changed_inputs_is_refused() {
    let (journal, book) = (Journal::default(), Logbook::memory());
    failed(of(-1.0, &journal).id("x").run(&Serial, &book));
    let wider = || wider::Half {
        number: -1.0,
        name: String::new(),
        journal: journal.clone(),
    };
    let refusals = [
        not_started(wider().id("x").run(&Serial, &book)),
        wider().continue_or_start(&Serial, &book).unwrap_err(),
    ];
    for refused in refusals {
        assert!(matches!(&refused, StartError::OldInputs { id: run, .. } if *run == id("x")));
        assert_eq!(
            refused.to_string(),
            "the inputs of run `x` are not those of this flow (io error: unexpected end of file); \
             finish it with the program that started it, or raise the flow's `version` and start \
             a new run"
        );
    }
    assert_eq!(book.runs().unwrap().len(), 1);
}

#[test]
fn a_logbook_has_one_holder() {
    let place = crate::places::Place::new();
    let _book = place.book();
    let path = match Logbook::open(place.path()) {
        Err(LogbookError::Locked { path }) => path,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it is held"),
    };
    assert_eq!(path, place.path());
}

/// Two plans of one flow, which differ inside of a group of a nested flow.
mod bodies {
    use taskflow::{flow, task};

    #[task]
    fn list() -> Vec<u32> {
        vec![1, 2]
    }
    #[task]
    fn fetch(page: u32) -> u32 {
        page
    }
    #[task]
    fn parse(fetch: u32) -> u32 {
        fetch
    }
    #[task]
    fn fold(pages: &[u32]) -> Result<u32, String> {
        Err(format!("{} pages are too few", pages.len()))
    }

    pub(super) mod old {
        use super::{fetch, fold, list};
        use taskflow::flow;

        flow! {
            struct Import {} -> pages: Vec<u32>
            linear[list, map(page in list)[fetch] as pages]
        }

        flow! {
            #[flow(name = "sync")]
            pub(in super::super) struct Sync {} -> u32
            linear[Import as pages, fold]
        }
    }

    flow! {
        struct Import {} -> pages: Vec<u32>
        linear[list, map(page in list)[fetch, parse] as pages]
    }

    flow! {
        #[flow(name = "sync")]
        pub(super) struct Sync {} -> u32
        linear[Import as pages, fold]
    }
}

#[test]
fn what_changed_in_a_group_is_told_with_its_path() {
    let book = Logbook::memory();
    failed(bodies::old::Sync {}.id("x").run(&Serial, &book));
    let refused = not_started(bodies::Sync {}.id("x").run(&Serial, &book));
    let StartError::Refused { diff, .. } = &refused else {
        panic!("{refused}");
    };
    let changes: Vec<_> = diff.changes().collect();
    assert_eq!(
        changes,
        [
            "task `pages/fetch` has another place",
            "task `pages/parse` is new",
            "group `pages/pages` provides what `pages/parse` provides, was what `pages/fetch` \
             provides",
        ]
    );
}
