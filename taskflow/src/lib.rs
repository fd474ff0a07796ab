//! Work of several steps that must not be left half done.

#![forbid(unsafe_code)]

extern crate self as taskflow;

mod demand;
pub mod failure;
pub mod flow;
pub mod logbook;
pub mod plan;
mod probe;
mod slot;
pub mod task;

pub use failure::{Failure, FailureKind, Outcome};
pub use flow::Flow;
pub use task::{IdempotencyKey, TaskContext};
#[doc = include_str!("task/attribute.md")]
pub use taskflow_macros::task;

pub use taskflow_macros::flow;

/// What generated code uses; nothing here is for others.
#[doc(hidden)]
pub mod __private {
    pub use serde;
    pub use taskflow_macros::resolve;

    pub use crate::__flow_methods as flow_methods;
    pub use crate::demand::*;
    pub use crate::flow::{
        Body, Local, Op, Opened, Parts, Planned, Runnable, Shared, Step, Undo, body, given, local,
        plan_of, same_type, shared,
    };
    pub use crate::plan::{Build, OnFailure, Part, Plan, Source};
    pub use crate::probe::*;
    pub use crate::site::{Info, Key, Site, policy, site};
    pub use crate::slot::{Slot, Undoing};
    pub use crate::task::{OnUnknown, Policy, Reverts};
}
mod site;
