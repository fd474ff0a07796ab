//! Taking up what an earlier process left, whatever it left.

use taskflow::runner::Attention;
use taskflow::{Logbook, RunError, RunState, Runner, Serial, StartError, flow, task};
use tests::{Journal, failed};

use crate::flows::{Double, DoubleInputs, DoubleResources, id};

mod old {
    //! Flows as they were when the runs were started.

    use taskflow::{flow, task};

    #[task]
    fn image(host: u32) -> u32 {
        host
    }
    #[task]
    fn boot(image: u32) -> u32 {
        image
    }
    #[task]
    fn print(month: u8) -> u8 {
        month
    }

    flow! {
        #[flow(name = "deploy")]
        pub(super) struct Deploy { host: u32 } -> u32
        linear[image, boot]
    }
    flow! {
        #[flow(name = "report")]
        pub(super) struct Report { month: u8 } -> u8
        linear[print]
    }
}

mod new {
    //! The same flows, changed: one has another plan, the other has other inputs.

    use taskflow::{flow, task};

    #[task]
    fn image(host: u32) -> u32 {
        host
    }
    #[task]
    fn check(image: u32) -> u32 {
        image
    }
    #[task]
    fn print(month: &str) -> usize {
        month.len()
    }

    flow! {
        #[flow(name = "deploy")]
        pub(super) struct Deploy { host: u32 } -> u32
        linear[image, check]
    }
    flow! {
        #[flow(name = "report")]
        pub(super) struct Report { month: String } -> usize
        linear[print]
    }
}

#[test]
fn one_run_that_cannot_be_taken_up_keeps_no_other_from_it() {
    let (book, journal) = (Logbook::memory(), Journal::default());
    let of = |number| Double {
        number,
        journal: journal.clone(),
    };
    of(1).id("first").start(&Serial, &book).unwrap();
    old::Deploy { host: 3 }
        .id("changed")
        .start(&Serial, &book)
        .unwrap();
    old::Report { month: 3 }
        .id("unreadable")
        .start(&Serial, &book)
        .unwrap();
    failed(of(u32::MAX).id("kept").run(&Serial, &book));
    of(2).id("over").run(&Serial, &book).unwrap();
    of(3).id("last").start(&Serial, &book).unwrap();
    let _ = journal.take();

    let runner = Runner::new(Serial, book)
        .register::<Double>(DoubleResources {
            journal: journal.clone(),
        })
        .register::<new::Deploy>(new::DeployResources {})
        .register::<new::Report>(new::ReportResources {})
        .build();
    let recovery = runner.recover().unwrap();
    assert_eq!(
        recovery.to_string(),
        "resumed: 2, waiting: 0, refused: 2, set aside: 0, at rest: 1"
    );
    let [changed, unreadable] = &recovery.refused[..] else {
        panic!("two are refused");
    };
    assert!(matches!(
        &changed.attention,
        Some(Attention::Refused(StartError::Refused { diff, .. }))
            if diff.changes().any(|change| change == "task `check` is new")
    ));
    assert!(matches!(
        &unreadable.attention,
        Some(Attention::Refused(StartError::OldInputs { .. }))
    ));
    assert_eq!(recovery.at_rest[0].run.id, id("kept"));
    for (run, doubled) in [("first", 2), ("last", 6)] {
        let run = runner.get::<Double>(&id(run)).unwrap().unwrap();
        assert_eq!(run.wait().unwrap(), doubled);
    }
    // What was kept is not touched.
    assert_eq!(journal.take().len(), 2);

    // By hand it is refused as well, and so is a start of that id.
    assert!(matches!(
        runner.resume(&id("changed")),
        Err(StartError::Refused { .. })
    ));
    let deploy = runner.start::<new::Deploy>(new::DeployInputs { host: 3 });
    assert!(matches!(
        deploy.id("changed").start(),
        Err(StartError::Refused { .. })
    ));
    assert!(matches!(
        runner.resume(&id("nobody")),
        Err(StartError::NoSuchRun(_))
    ));
}

#[test]
fn a_run_that_nobody_has_taken_up_says_so() {
    let (book, journal) = (Logbook::memory(), Journal::default());
    let flow = Double {
        number: 1,
        journal: journal.clone(),
    };
    flow.id("x").start(&Serial, &book).unwrap();
    let runner = Runner::new(Serial, book)
        .register::<Double>(DoubleResources { journal })
        .build();
    let run = runner.get::<Double>(&id("x")).unwrap().unwrap();
    let why = run.wait().unwrap_err().to_string();
    assert_eq!(
        why,
        "run `x` is interrupted, and nobody takes it up; `recover` does, or `resume`"
    );
    // Starting it again does, too.
    let again = runner.start::<Double>(DoubleInputs { number: 1 }).id("x");
    again.start().unwrap();
    assert_eq!(run.wait().unwrap(), 2);
}

#[task(revert = repaired(broken))]
fn place(broken: &std::sync::atomic::AtomicBool) -> u32 {
    u32::from(broken.load(std::sync::atomic::Ordering::SeqCst))
}

fn repaired(broken: &std::sync::atomic::AtomicBool) -> Result<(), String> {
    if broken.load(std::sync::atomic::Ordering::SeqCst) {
        return Err("it is broken".to_owned());
    }
    Ok(())
}

#[task]
fn fail(place: u32) -> Result<u32, String> {
    Err(format!("{place} is no place"))
}

flow! {
    struct Placed { #[resource] broken: std::sync::Arc<std::sync::atomic::AtomicBool> } -> u32
    linear[place, fail]
}

#[test]
fn a_run_that_could_not_be_undone_is_undone_further_by_hand() {
    let broken = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let runner = Runner::new(Serial, Logbook::memory())
        .register::<Placed>(PlacedResources {
            broken: broken.clone(),
        })
        .build();
    let run = runner
        .start::<Placed>(PlacedInputs {})
        .id("x")
        .start()
        .unwrap();
    failed(run.wait());
    assert_eq!(run.state().unwrap(), RunState::RevertFailed);
    assert_eq!(runner.recover().unwrap().at_rest.len(), 1);
    broken.store(false, std::sync::atomic::Ordering::SeqCst);
    runner.resume(&id("x")).unwrap();
    assert!(matches!(run.wait(), Err(RunError::Failed(_))));
    assert_eq!(run.state().unwrap(), RunState::Reverted);
    assert!(runner.recover().unwrap().at_rest.is_empty());
}
