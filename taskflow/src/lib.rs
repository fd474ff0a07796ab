//! Work of several steps that must not be left half done.

#![forbid(unsafe_code)]

extern crate self as taskflow;

pub mod failure;
pub mod flow;
pub mod logbook;
pub mod os_bytes;
pub mod plan;
mod probe;
mod slot;
pub mod task;

pub use failure::{Failure, FailureKind, Outcome};
pub use flow::Flow;
pub use task::{IdempotencyKey, TaskContext};

/// What generated code uses; nothing here is for others.
#[doc(hidden)]
pub mod __private {
    pub use serde;

    pub use crate::__flow_methods as flow_methods;
    pub use crate::flow::{
        Body, Local, Op, Opened, Parts, Runnable, Shared, Step, Undo, body, local, shared,
    };
    pub use crate::plan::{Build, OnFailure, Plan, Source};
    pub use crate::probe::*;
    pub use crate::site::{Info, Key, Site, policy, site};
    pub use crate::slot::{Slot, Undoing};
    pub use crate::task::{OnUnknown, Policy, Reverts};
}
mod site;
