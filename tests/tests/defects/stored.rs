//! Values are after a resume what they were before.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use taskflow::{flow, task};
use tests::recorded;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Shape {
    Point,
    Line(u8, i64),
    Named { name: String, inner: Box<Shape> },
}

/// What text formats make something else of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Everything {
    tuple: (u8, String, (i8,)),
    set: BTreeSet<char>,
    numbered: BTreeMap<i32, Vec<u8>>,
    hashed: HashMap<(u8, bool), Option<i16>>,
    nested: [Option<Box<Option<()>>>; 3],
    bytes: [u8; 4],
    large: (u64, i64, u128),
    fraction: f64,
    infinite: f64,
    time: SystemTime,
    pause: Duration,
    shapes: Vec<Shape>,
    unit: (),
}

fn everything() -> Everything {
    Everything {
        tuple: (1, "two".to_owned(), (-3,)),
        set: ['a', '\u{0}', '\u{1f980}'].into(),
        numbered: [(-1, vec![0, 255]), (7, Vec::new())].into(),
        hashed: [((1, true), Some(-1))].into(),
        nested: [None, Some(Box::new(None)), Some(Box::new(Some(())))],
        bytes: [0, 1, 2, 255],
        large: (u64::MAX, i64::MIN, u128::MAX),
        fraction: 0.1 + 0.2,
        infinite: f64::NEG_INFINITY,
        time: SystemTime::UNIX_EPOCH + Duration::from_nanos(1),
        pause: Duration::from_nanos(u64::MAX),
        shapes: vec![
            Shape::Point,
            Shape::Line(1, -2),
            Shape::Named {
                name: String::new(),
                inner: Box::new(Shape::Point),
            },
        ],
        unit: (),
    }
}

#[task]
fn make(given: &Everything) -> Everything {
    assert_eq!(*given, everything());
    given.clone()
}

#[task]
fn check(given: &Everything, make: Everything) -> Everything {
    assert_eq!(*given, make);
    make
}

flow! {
    struct Carries { given: Everything } -> Everything
    linear[make, check]
}

#[test]
fn values_are_the_same_after_a_resume() {
    recorded!(
        unordered
            | _journal
            | Carries {
                given: everything()
            },
        |told| assert_eq!(told.result.unwrap(), everything())
    );
}
