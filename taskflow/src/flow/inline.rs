//! A flow that is written where it is run: what `flow!` gives without a struct.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::{Flow, Given, Identity, Op, Opened, Planned, Runnable, Step, Steps, Take, alone};
use crate::plan::{NAME_MAX, Plan};

/// A flow that is written where it is run: the value of `flow![…]` without a struct.
///
/// What no task in it provides is the variable of that name, by reference. So it is run where its
/// variables are, any number of times, with [`call`](InlineFlow::call); to be recorded it needs a
/// name, see [`named`](InlineFlow::named).
///
/// `M` makes the flow's code, and borrows its variables.
///
/// ```
/// use taskflow::{Parallel, Serial, flow, task};
///
/// #[task]
/// fn price(items: &[u32]) -> u32 {
///     items.iter().sum()
/// }
///
/// #[task]
/// fn pay(price: u32, rate: u32) -> u32 {
///     price + price * rate / 100
/// }
///
/// let (items, rate) = (vec![30, 70], 20);
/// let sale = flow![linear[price, pay]];
/// assert_eq!(sale.call(&Serial)?, 120);
/// assert_eq!(sale.call(&Parallel::new())?, 120);
/// # Ok::<(), taskflow::RunError>(())
/// ```
#[must_use = "a flow does nothing until it is run"]
#[derive(Clone, Copy)]
pub struct InlineFlow<M> {
    make: M,
}

/// An [`InlineFlow`] with a name, under which its runs are recorded.
///
/// Its variables are resources: they are not stored, and a run goes on with those of the flow that
/// it is resumed with, in this process or another one. There are no inputs, so that any two runs of
/// one name are alike; an [`id`](NamedFlow::id) or a [`label`](NamedFlow::label) tells them apart.
/// A [`Runner`](crate::Runner) takes up runs by itself, which needs a struct.
///
/// ```
/// use taskflow::{Logbook, RunError, Serial, flow, task};
///
/// #[task]
/// fn count(text: &str) -> usize {
///     text.split_whitespace().count()
/// }
///
/// #[task]
/// fn publish(count: usize, is_open: bool) -> Result<String, String> {
///     if is_open { Ok(format!("{count} words")) } else { Err("closed".to_owned()) }
/// }
///
/// let book = Logbook::memory();
/// let text = "one two three";
///
/// let is_open = false;
/// let nightly = flow![linear[count, publish]].named("nightly");
/// assert!(matches!(nightly.run(&Serial, &book), Err(RunError::Failed(_))));
///
/// // Later, perhaps in another process:
/// let is_open = true;
/// let nightly = flow![linear[count, publish]].named("nightly");
/// let run = nightly.continue_or_start(&Serial, &book)?;
/// assert_eq!(run.done()?, ["count"]);
/// assert_eq!(run.wait()?, "3 words");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a flow does nothing until it is run"]
#[derive(Clone, Copy)]
pub struct NamedFlow<M> {
    make: M,
    identity: Identity,
}

impl<M> InlineFlow<M> {
    /// A flow whose code `make` makes, anew for each run.
    #[doc(hidden)]
    pub fn new(make: M) -> Self
    where
        M: Make,
    {
        Self { make }
    }

    /// The flow under a name, so that its runs can be recorded and found again.
    ///
    /// The name stands for the flow in the logbook, as that of a struct does: two flows of one name
    /// and [version](NamedFlow::version) take up each other's runs, unless their plans differ,
    /// which is refused.
    ///
    /// # Panics
    ///
    /// If the name has no or more than 64 bytes: no run can be stored under it.
    pub fn named(self, name: &'static str) -> NamedFlow<M> {
        let len = name.len();
        assert!(
            (1..=NAME_MAX).contains(&len),
            "the name of a flow has 1 to {NAME_MAX} bytes, and `{name}` has {len}; choose another"
        );
        NamedFlow {
            make: self.make,
            identity: Identity { name, version: 1 },
        }
    }
}

impl<M> InlineFlow<M>
where
    M: Make,
{
    /// The flow as it is called where nothing of it is recorded.
    pub(crate) fn unrecorded(self) -> NamedFlow<M> {
        NamedFlow {
            make: self.make,
            identity: Identity::of::<NamedFlow<M>>(),
        }
    }
}

impl<M> NamedFlow<M> {
    /// The flow under this version, by default 1: a run goes on with the version that it began
    /// with.
    pub fn version(mut self, version: u32) -> Self {
        self.identity.version = version;
        self
    }

    /// The name under which runs are stored.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.identity.name
    }

    /// What makes the flow's code, and what it is stored under.
    pub(crate) fn parts(self) -> (M, Identity) {
        (self.make, self.identity)
    }
}

impl<M> Flow for NamedFlow<M>
where
    M: Make,
{
    // What it is called in messages where it has no name; `identity` says the other.
    const NAME: &'static str = Self::PLAN.name;
    const VERSION: u32 = Self::PLAN.version;
    const PLAN: &'static Plan = <M::Code as Written>::PLAN;
    type Inputs = ();
    type Resources = M;
    type Output = <M::Code as Written>::Output;

    fn split(self) -> ((), M) {
        ((), self.make)
    }
}

impl<M> Runnable for NamedFlow<M>
where
    M: Make,
{
    type Steps = M::Code;

    fn identity(&self) -> Identity {
        self.identity
    }

    fn open<'f>(given: Arc<Given<Self>>) -> Opened<'f, Self>
    where
        Self: 'f,
    {
        let written = Arc::new(given.resources.make());
        Opened {
            steps: written.clone(),
            take: written,
        }
    }
}

impl<W: Written> Take<W::Output> for W {
    fn take(mut self: Arc<Self>) -> W::Output {
        alone(&mut self).take_output()
    }
}

/// Makes the code of an inline flow, anew for each run: a closure that borrows its variables.
pub trait Make {
    /// The code.
    type Code: Written;
    /// Makes it, with empty slots.
    fn make(&self) -> Self::Code;
}

impl<M, W> Make for M
where
    M: Fn() -> W,
    W: Written,
{
    type Code = W;

    fn make(&self) -> W {
        self()
    }
}

/// The code of an inline flow.
pub trait Written: Steps {
    /// The flow as static data.
    const PLAN: &'static Plan;
    /// What the flow results in.
    type Output;
    /// What the flow results in, taken out.
    fn take_output(&mut self) -> Self::Output;
}

/// The code of an inline flow: a tuple of slots, and closures over them and the flow's variables.
pub struct Inline<'a, P, S, C, T> {
    /// How long it may be run.
    life: PhantomData<&'a ()>,
    plan: PhantomData<fn() -> P>,
    slots: S,
    call: C,
    take: T,
}

/// The code of an inline flow, from its slots and closures.
pub fn inline<'a, P, S, C, T, O>(slots: S, call: C, take: T) -> Inline<'a, P, S, C, T>
where
    P: Planned,
    C: Fn(&S, u32, &[u32], Op<'_>) -> Step,
    T: Fn(&mut S) -> O,
{
    Inline {
        life: PhantomData,
        plan: PhantomData,
        slots,
        call,
        take,
    }
}

impl<P, S, C, T> Steps for Inline<'_, P, S, C, T>
where
    C: Fn(&S, u32, &[u32], Op<'_>) -> Step,
{
    #[inline]
    fn step(&self, atom: u32, within: &[u32], op: Op<'_>) -> Step {
        (self.call)(&self.slots, atom, within, op)
    }
}

impl<P, S, C, T, O> Written for Inline<'_, P, S, C, T>
where
    P: Planned,
    C: Fn(&S, u32, &[u32], Op<'_>) -> Step,
    T: Fn(&mut S) -> O,
{
    const PLAN: &'static Plan = P::PLAN;
    type Output = O;

    fn take_output(&mut self) -> O {
        (self.take)(&mut self.slots)
    }
}

/// A variable that an inline flow captures.
///
/// `(&Captured(&order)).captured()`
pub struct Captured<'v, T: ?Sized>(pub &'v T);

/// The variable is a reference, which is taken as it is: it may live longer than the variable.
pub trait CapturedReference<'v> {
    /// What it refers to.
    type Target: ?Sized;
    /// The reference.
    fn captured(&self) -> &'v Self::Target;
}

impl<'v, T: ?Sized> CapturedReference<'v> for Captured<'_, &'v T> {
    type Target = T;

    fn captured(&self) -> &'v T {
        self.0
    }
}

/// The variable is anything else.
pub trait CapturedValue<'v> {
    /// The variable's type.
    type Target: ?Sized;
    /// A reference to the variable.
    fn captured(&self) -> &'v Self::Target;
}

impl<'v, T: ?Sized> CapturedValue<'v> for &Captured<'v, T> {
    type Target = T;

    fn captured(&self) -> &'v T {
        self.0
    }
}

impl<M> fmt::Debug for InlineFlow<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InlineFlow").finish_non_exhaustive()
    }
}

impl<M> fmt::Debug for NamedFlow<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NamedFlow")
            .field("name", &self.identity.name)
            .field("version", &self.identity.version)
            .finish_non_exhaustive()
    }
}
