// Of two definitions of a link the first counts: here the page, where a file is read the file.
#![doc = "[guide]: crate::guide\n"]
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

// What the macros write names the library from outside.
#[cfg(test)]
extern crate self as taskflow;

mod bodies;
mod demand;
pub mod engine;
pub mod failure;
mod flow;
mod group;
pub mod guide;
mod handle;
pub mod listen;
pub mod logbook;
mod machine;
pub mod os_bytes;
pub mod plan;
mod probe;
pub mod retry;
mod run;
pub mod runner;
mod secret;
mod settings;
mod slot;
mod sparse;
mod task;

pub use engine::{AnyEngine, Engine, Serial, UnknownEngine};
#[cfg(feature = "parallel")]
pub use engine::{Parallel, PoolError};
pub use failure::{Failure, FailureKind, Outcome};
pub use flow::{Flow, InlineFlow, NamedFlow};
pub use handle::{RunControl, RunHandle, Start, Undo};
pub use listen::{Capture, Lines, Listener, RunEvent};
pub use logbook::{
    Durability, Inbox, InvalidLetterId, InvalidRunId, LetterId, Logbook, LogbookError,
    LogbookOptions, LogbookReader, RunId, RunState, RunSummary, Torn,
};
pub use run::{Failed, Left, Resolution, RunError, StartError, Stopped, TaskFailure, Undone};
pub use runner::{Runner, RunnerBuilder, RunnerHandle};
pub use secret::Secret;
pub use task::{CheckpointError, IdempotencyKey, TaskContext};
#[doc = include_str!("flow/macro.md")]
pub use taskflow_macros::flow;
#[doc = include_str!("task/attribute.md")]
pub use taskflow_macros::task;

/// What generated code uses; nothing here is for others.
#[doc(hidden)]
pub mod __private {
    pub use serde;
    pub use taskflow_macros::resolve;

    pub use crate::__callee_policy as callee_policy;
    pub use crate::__callee_retry_if as callee_retry_if;
    pub use crate::__flow_methods as flow_methods;
    pub use crate::__no_task as no_task;
    pub use crate::bodies::{Bodies, Gathered, gather, gather_some, tried};
    pub use crate::demand::*;
    pub use crate::flow::{
        Body, Captured, CapturedReference, CapturedValue, Closing, Given, Inline, InlineFlow,
        Local, Make, Op, Opened, Parts, Planned, Runnable, Setup, Shared, Step, Undo, Written,
        body, given, inline, local, no_such_atom, plan_of, same_type,
    };
    pub use crate::group::{
        Number, alike, consult, controlled, count, either, either_value, fail, item, item_in_turn,
        len, list, no_such_arm, option, refused, retry, retry_each, share, sure,
    };
    pub use crate::handle::Recorded;
    pub use crate::plan::{Build, Group, OnFailure, Part, Plan, Source};
    pub use crate::probe::*;
    pub use crate::settings::{attempts, millis, timeout_ms};
    pub use crate::site::{Fails, Info, Key, Site, own, policy, site};
    pub use crate::slot::{Slot, Undoing};
    pub use crate::task::{Backoff, OnUnknown, Policy, Retry, Reverts};
}
mod site;
