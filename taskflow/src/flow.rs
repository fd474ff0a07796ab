//! What `flow!` implements: the flow as a type, and its code behind one object.

mod inline;

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::failure::Failure;
use crate::plan::Plan;
pub use crate::plan::Setup;
use crate::retry::{Attempt, Next};
use crate::task::TaskContext;
pub use inline::{
    Captured, CapturedReference, CapturedValue, Inline, InlineFlow, Make, NamedFlow, Written,
    inline,
};

/// A flow, as defined by [`flow!`](crate::flow!).
///
/// It is implemented by the macro for a struct, and by every [`NamedFlow`]. What one does with a
/// flow (`run`, `call`, `start`, `id`, `label`, `listen`, `continue_or_start`, `resume`,
/// `unfinished`) are methods of the struct itself.
pub trait Flow: Sized {
    /// The name under which runs are stored; of a [`NamedFlow`], which has its name and its version
    /// as a value, what it would be called without one.
    const NAME: &'static str;
    /// The version under which runs are stored.
    const VERSION: u32;
    /// The flow as static data.
    const PLAN: &'static Plan;
    /// The inputs, which are stored with a run.
    type Inputs: Serialize + DeserializeOwned + PartialEq;
    /// The resources, which are never stored and are given again on resume.
    type Resources;
    /// What a run results in.
    type Output;

    /// The inputs and the resources apart.
    fn split(self) -> (Self::Inputs, Self::Resources);
}

/// What a flow is made of, for the code that `flow!` generates.
pub trait Parts: Flow {
    /// References to the inputs and resources, as far as they are there: one that another task
    /// of an outer flow provides may not be loaded yet when an atom is looked at that does not
    /// read it.
    // No `where Self: 's`: with it, the bound on the body's closure would ask for `'static`.
    type View<'s>: Copy;
    /// References to what the flow hands out, as far as it is there.
    type Outs<'s>;

    /// The view of inputs and resources that are stored apart.
    fn view<'s>(inputs: &'s Self::Inputs, resources: &'s Self::Resources) -> Self::View<'s>;
}

/// A field of a flow, for an atom that reads it.
///
/// # Panics
///
/// If it is not there, which the plan rules out.
#[inline]
#[must_use]
pub fn given<T: ?Sized>(field: Option<&T>) -> &T {
    field.expect("an atom runs after those that it reads")
}

/// The answer to an atom that a body does not have.
///
/// # Panics
///
/// Always: an engine asks for the atoms of the body's own plan.
#[cold]
pub fn no_such_atom() -> ! {
    unreachable!("an engine asks a body for the atoms of its own plan")
}

/// A value under the type that the flow says it is of.
///
/// Where the two differ the flow does not compile, as its output does not; this function keeps
/// that from being said twice.
///
/// # Panics
///
/// If the types differ, which they never do in a flow that compiles.
#[must_use]
pub fn same_type<T: 'static, U: 'static>(value: Option<&T>) -> Option<&U> {
    value.map(|value| {
        let value: &dyn Any = value;
        value
            .downcast_ref()
            .expect("a flow that compiles has the output that it says")
    })
}

/// What to do with an atom.
pub enum Op<'a> {
    /// Call the task, and keep what it provides.
    Run(&'a TaskContext),
    /// Call its revert.
    Revert(&'a TaskContext, Undo<'a>),
    /// Append what it provided, encoded.
    Encode(&'a mut Vec<u8>),
    /// Take what it provided from what was encoded.
    Load(&'a [u8]),
    /// Take what a signal waits for from JSON, and append it, encoded.
    Parse(&'a str, &'a mut Vec<u8>),
    /// Work out what a controller is to do: [`Step::Open`].
    Open(&'a TaskContext),
    /// Put together what a `map` or a `try` provides, from what its bodies have provided.
    Close(&'a dyn Closing),
    /// Have the controller of a `retry` decide what follows the last of these attempts:
    /// [`Step::Next`].
    Consult(&'a [Attempt]),
    /// Say of a `map` what tells the item with that number from the others.
    Label(u32, &'a mut String),
}

/// How the bodies of a `map` or a `try` have ended.
pub trait Closing {
    /// Why the body with this number failed, if it did.
    fn failure(&self, body: u32) -> Option<Failure>;
}

/// How the atom ended that is to be reverted.
#[derive(Clone, Copy)]
pub enum Undo<'a> {
    /// It succeeded; its value is in its slot.
    Done,
    /// It failed.
    Failed(&'a Failure),
    /// Nobody knows.
    Unknown,
}

/// What became of an operation.
// Engines with futures add a variant; a match outside of the engines does not exist.
pub enum Step {
    /// It is over.
    Done(Result<(), Box<Failure>>),
    /// What a controller is to do.
    Open(Setup),
    /// What follows a failed attempt.
    Next(Next),
}

impl Step {
    /// A task or a revert that ended well.
    pub const OK: Self = Self::Done(Ok(()));

    /// What is over, of a task or a revert.
    #[inline]
    #[cfg(test)]
    pub(crate) fn done(self) -> Result<(), Box<Failure>> {
        match self {
            Self::Done(result) => result,
            Self::Open(_) | Self::Next(_) => unreachable!("only a controller says that"),
        }
    }

    /// A task or a revert that failed.
    #[cold]
    #[must_use]
    pub fn failed(failure: Failure) -> Self {
        Self::Done(Err(Box::new(failure)))
    }
}

/// The code of a flow whose inputs are there: one call for every atom and operation.
pub trait Steps {
    /// Does one thing with one atom: of the flow itself, or of a body of a group.
    ///
    /// `within` leads on from a group to an atom of its body: the number of the body, the atom in
    /// it, and so on in turns. It is empty where `atom` itself is meant.
    fn step(&self, atom: u32, within: &[u32], op: Op<'_>) -> Step;
}

/// The code of a flow that may go to other threads.
pub type Shared<'a> = dyn Steps + Send + Sync + 'a;

/// The code of a flow that stays on one thread.
pub type Local<'a> = dyn Steps + 'a;

/// The code of a flow whose inputs come with each call, as they do where it is part of another.
pub trait Body<F: Parts> {
    /// The flow as static data.
    const PLAN: &'static Plan;
    /// Does one thing with one atom.
    fn step<'s>(&'s self, inputs: F::View<'s>, atom: u32, within: &[u32], op: Op<'_>) -> Step;
    /// What the flow hands out.
    fn outs(&self) -> F::Outs<'_>;
    /// What the flow results in, taken out.
    fn take(&mut self) -> F::Output;
}

/// Carries a plan as a type.
pub trait Planned {
    /// The plan.
    const PLAN: &'static Plan;
}

/// The plan of a flow, from the function that makes its body.
// The plan is written where the tasks are known, which is inside that function.
#[must_use]
pub const fn plan_of<F: Parts, B: Body<F>>(_: fn() -> B) -> &'static Plan {
    B::PLAN
}

struct Closed<P, S, C, O, T> {
    plan: PhantomData<fn() -> P>,
    slots: S,
    call: C,
    outs: O,
    take: T,
}

impl<F, P, S, C, O, T> Body<F> for Closed<P, S, C, O, T>
where
    F: Parts,
    P: Planned,
    C: for<'s> Fn(&'s S, F::View<'s>, u32, &[u32], Op<'_>) -> Step,
    O: for<'s> Fn(&'s S) -> F::Outs<'s>,
    T: Fn(&mut S) -> F::Output,
{
    const PLAN: &'static Plan = P::PLAN;

    #[inline]
    fn step<'s>(&'s self, inputs: F::View<'s>, atom: u32, within: &[u32], op: Op<'_>) -> Step {
        (self.call)(&self.slots, inputs, atom, within, op)
    }

    fn outs(&self) -> F::Outs<'_> {
        (self.outs)(&self.slots)
    }

    fn take(&mut self) -> F::Output {
        (self.take)(&mut self.slots)
    }
}

/// A flow's body: a tuple of slots and closures that capture nothing.
pub fn body<F, P, S, C, O, T>(slots: S, call: C, outs: O, take: T) -> impl Body<F>
where
    F: Parts,
    P: Planned,
    C: for<'s> Fn(&'s S, F::View<'s>, u32, &[u32], Op<'_>) -> Step,
    O: for<'s> Fn(&'s S) -> F::Outs<'s>,
    T: Fn(&mut S) -> F::Output,
{
    Closed::<P, _, _, _, _> {
        plan: PhantomData,
        slots,
        call,
        outs,
        take,
    }
}

/// The name and the version under which the runs of a flow are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    pub(crate) name: &'static str,
    pub(crate) version: u32,
}

impl Identity {
    /// That of a flow which has it from its definition.
    pub(crate) fn of<F: Flow>() -> Self {
        Self {
            name: F::NAME,
            version: F::VERSION,
        }
    }
}

/// What a flow is given.
pub struct Given<F: Flow> {
    pub(crate) identity: Identity,
    pub(crate) inputs: F::Inputs,
    pub(crate) resources: F::Resources,
}

impl<F: Runnable> Given<F> {
    pub(crate) fn new(flow: F) -> Arc<Self> {
        let identity = flow.identity();
        let (inputs, resources) = flow.split();
        Arc::new(Self {
            identity,
            inputs,
            resources,
        })
    }
}

/// A flow with its inputs and resources, ready to be driven.
pub(crate) struct Rooted<F: Flow, B> {
    pub(crate) given: Arc<Given<F>>,
    pub(crate) body: B,
}

impl<F: Parts, B: Body<F>> Steps for Rooted<F, B> {
    #[inline]
    fn step(&self, atom: u32, within: &[u32], op: Op<'_>) -> Step {
        let view = F::view(&self.given.inputs, &self.given.resources);
        self.body.step(view, atom, within, op)
    }
}

/// A flow that an engine can run: its code as one object.
pub trait Runnable: Flow {
    /// [`Shared`], or [`Local`] for a flow that stays on one thread; of an inline flow, which
    /// engine can run it is seen when it is run, and this is its own type.
    type Steps: ?Sized + Steps;

    /// Under what its runs are stored, where this is not said by its definition.
    fn identity(&self) -> Identity {
        Identity::of::<Self>()
    }

    /// The flow's code with empty slots.
    fn open<'f>(given: Arc<Given<Self>>) -> Opened<'f, Self>
    where
        Self: 'f;
}

/// A flow's code, and the way to its result.
pub struct Opened<'f, F: Runnable> {
    pub(crate) steps: Arc<F::Steps>,
    /// To be called when nobody else holds the steps.
    pub(crate) take: Arc<dyn Take<F::Output> + 'f>,
}

/// Opens a flow that may go to other threads.
pub(crate) fn shared<'f, 's, F, B>(rooted: Rooted<F, B>) -> Opened<'f, F>
where
    F: Parts + Runnable<Steps = Shared<'s>> + 'f + 's,
    F::Inputs: Send + Sync + 's,
    F::Resources: Send + Sync + 's,
    B: Body<F> + Send + Sync + 'f + 's,
{
    let rooted = Arc::new(rooted);
    let steps: Arc<Shared<'s>> = rooted.clone();
    Opened {
        steps,
        take: rooted,
    }
}

/// Opens a flow that stays on one thread.
pub fn local<'f, 's, F, B>(given: Arc<Given<F>>, body: B) -> Opened<'f, F>
where
    F: Parts + Runnable<Steps = Local<'s>> + 'f,
    F::Inputs: 's,
    F::Resources: 's,
    B: Body<F> + 'f + 's,
    F: 's,
{
    let rooted = Arc::new(Rooted { given, body });
    let steps: Arc<Local<'s>> = rooted.clone();
    Opened {
        steps,
        take: rooted,
    }
}

/// A flow's code that has what the flow results in.
pub(crate) trait Take<T> {
    /// What the flow results in, taken out.
    ///
    /// # Panics
    ///
    /// If somebody else holds it.
    fn take(self: Arc<Self>) -> T;
}

impl<F: Parts, B: Body<F>> Take<F::Output> for Rooted<F, B> {
    fn take(mut self: Arc<Self>) -> F::Output {
        alone(&mut self).body.take()
    }
}

/// A flow's code that nobody else holds, in its place: the slots of a large flow are not moved for
/// it.
///
/// # Panics
///
/// If somebody holds it.
fn alone<S>(steps: &mut Arc<S>) -> &mut S {
    let steps = Arc::get_mut(steps);
    steps.expect("the engine lets go of a flow before it takes the output")
}
