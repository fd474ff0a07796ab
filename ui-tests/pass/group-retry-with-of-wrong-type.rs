use std::sync::Arc;

use taskflow::retry::{Attempt, Controller, Next};
use taskflow::{Serial, flow, task};

#[derive(PartialEq, serde::Serialize, serde::Deserialize)]
struct Budget {
    attempts: usize,
}

impl Controller for Budget {
    fn decide(&self, attempts: &[Attempt]) -> Next {
        if attempts.len() < self.attempts {
            Next::Retry
        } else {
            Next::GiveUp
        }
    }
}

const BUDGET: Budget = Budget { attempts: 2 };

#[task]
fn one() -> u32 {
    1
}

#[task(provides = made)]
fn make() -> Budget {
    BUDGET
}

#[derive(PartialEq, serde::Serialize, serde::Deserialize)]
struct Order {
    budget: Budget,
}

flow! {
    struct Checkout<'c> {
        order: Order,
        hosts: Vec<String>,
        #[resource] shared: Arc<dyn Controller + Send + Sync>,
        #[resource] lent: &'c Budget,
        #[resource] decide: fn(&[Attempt]) -> Next,
    } -> u32
    linear[
        make,
        retry(with = made)[one as a],
        retry(with = order.budget, times = 3)[one as b],
        retry(with = const BUDGET)[one as c],
        retry(host in hosts, with = shared)[one as d],
        map(host in hosts)[retry(with = lent)[one as e]] as all,
        retry(with = decide)[one as f],
    ]
}

fn main() {
    let checkout = Checkout {
        order: Order { budget: BUDGET },
        hosts: vec!["a".to_owned()],
        shared: Arc::new(BUDGET),
        lent: &BUDGET,
        decide: |_| Next::GiveUp,
    };
    assert_eq!(checkout.call(&Serial).unwrap(), 1);
}
