//! What a flow demands of types, each said once and in words that name the cure.
//!
//! rustc would report each missing trait on its own, and none of its messages can say what to do
//! in a flow. So each demand is asked by autoref, as in `probe`: of two methods, one is for
//! types that fulfil it, and the other is bounded by a trait that no type implements, which
//! carries the message.

use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::failure::Failure;
use crate::flow::{self, Body, Flow, Given, Op, Opened, Parts, Rooted, Runnable, Shared, Step};
use crate::logbook;
use crate::probe::Held;
use crate::slot::Slot;

/// No type implements it: it stands for a message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be used by several threads at once, as it is not `Send` and `Sync`; use a type that can, or mark the flow with `#[flow(local)]`, which keeps it on one thread",
    label = "not `Send` and `Sync`",
    note = "a `dyn Trait` is both where it says so: `dyn Trait + Send + Sync`, or `trait Trait: Send + Sync`"
)]
pub trait Shareable {}

/// No type implements it: it stands for a message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored, as it is not `Serialize` and `DeserializeOwned`; derive `serde::Serialize` and `serde::Deserialize` for it, or mark the task with `#[task(transient)]`, which runs it again where its result is needed",
    label = "not `Serialize` and `DeserializeOwned`"
)]
pub trait Storable {}

/// No type implements it: it stands for a message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be given by value, as it is not `Clone`; take `&{Self}` in the task, or derive `Clone`",
    label = "not `Clone`"
)]
pub trait Cloneable {}

/// What the derived code of a flow's inputs may assume of each.
///
/// rustc does not look for `Recordable<'_>` for all lifetimes before a flow's inputs are used, so
/// the derived code compiles in any case, and what is missing is said once.
#[diagnostic::on_unimplemented(
    message = "the input type `{Self}` cannot be stored, as it is not `Serialize` and `DeserializeOwned`; derive `serde::Serialize` and `serde::Deserialize` for it, or mark the input with `#[resource]`, which is given again on resume",
    label = "an input is not `Serialize` and `DeserializeOwned`"
)]
pub trait Recordable<'x>: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Recordable<'_> for T {}

/// What the code that clones a flow's resources may assume of each.
///
/// As with [`Recordable`], rustc does not look for it before somebody clones them.
#[diagnostic::on_unimplemented(
    message = "the resource type `{Self}` cannot be given to several runs, as it is not `Clone`; put it in an `Arc`, or derive `Clone`",
    label = "a resource is not `Clone`"
)]
pub trait Reusable<'x>: Clone {}

#[diagnostic::do_not_recommend]
impl<T: Clone> Reusable<'_> for T {}

/// One type is another.
#[diagnostic::on_unimplemented(
    message = "the flow hands out a `{T}`, but this is a `{Self}`; write `{Self}`, or pick another symbol with `-> name: {T}`",
    label = "this is a `{Self}`"
)]
pub trait Is<T> {
    /// The same value.
    fn is(self) -> T;
}

impl<T> Is<T> for T {
    #[inline]
    fn is(self) -> T {
        self
    }
}

/// What a flow hands out.
///
/// `HandedOut(value).as_type::<Payment>()`
// A method, so that rustc knows the type of the value before it compares.
pub struct HandedOut<T>(pub T);

impl<T> HandedOut<T> {
    /// The value, if it is of the type that the flow says.
    #[inline]
    pub fn as_type<U>(self) -> U
    where
        T: Is<U>,
    {
        self.0.is()
    }
}

/// What a task provides, on the way to its slot.
///
/// `(&mut Made::new(value)).put(&slot)`
pub struct Made<T>(Option<T>);

impl<T> Made<T> {
    /// Wraps what a task provides.
    pub fn new(value: T) -> Self {
        Self(Some(value))
    }
}

/// The value may go to other threads.
pub trait PutShared<T> {
    /// Keeps the value.
    fn put(&mut self, slot: &Slot<T>) -> Step;
}

impl<T: Send + Sync> PutShared<T> for Made<T> {
    #[inline]
    fn put(&mut self, slot: &Slot<T>) -> Step {
        slot.put(self.0.take().expect("put once"))
    }
}

/// The value may not go to other threads.
pub trait PutUnshared<T> {
    /// Says so.
    fn put(&mut self, slot: &Slot<T>) -> Step
    where
        T: Shareable;
}

impl<T> PutUnshared<T> for &mut Made<T> {
    fn put(&mut self, _: &Slot<T>) -> Step
    where
        T: Shareable,
    {
        unreachable!("no type is `Shareable`")
    }
}

/// A type that goes to other threads as part of a flow.
///
/// `(&Sharing::<Pool>::NEW).check()`
pub struct Sharing<T: ?Sized>(PhantomData<T>);

impl<T: ?Sized> Sharing<T> {
    /// Stands for the type.
    pub const NEW: Self = Self(PhantomData);
}

/// The type may go to other threads.
pub trait CheckShared {
    /// Nothing is wrong.
    fn check(&self) {}
}

impl<T: ?Sized + Send + Sync> CheckShared for Sharing<T> {}

/// The type may not go to other threads.
pub trait CheckUnshared {
    /// The type.
    type Type: ?Sized;
    /// Says so.
    fn check(&self)
    where
        Self::Type: Shareable,
    {
    }
}

impl<T: ?Sized> CheckUnshared for &Sharing<T> {
    type Type = T;
}

impl<T: Serialize + DeserializeOwned> Slot<T> {
    /// What is done with a value that is stored, besides providing it.
    pub fn stored(&self, op: Op<'_>) -> Step {
        self.store(op)
    }

    /// Takes the value from JSON, and appends it, encoded.
    pub fn parse(&self, json: &str, out: &mut Vec<u8>) -> Step {
        match serde_json::from_str::<T>(json) {
            Ok(value) => self.given(value, out),
            Err(error) => Step::failed(Failure::new(format!(
                "it is not the JSON of one: {}",
                logbook::without_value(&error.to_string())
            ))),
        }
    }
}

/// The value cannot be stored.
pub trait Unstored<T> {
    /// Says so.
    fn stored(&self, op: Op<'_>) -> Step
    where
        T: Storable;
    /// Is never called: what cannot be stored has been said.
    fn parse(&self, _json: &str, _out: &mut Vec<u8>) -> Step {
        unreachable!("a flow that compiles stores what it waits for")
    }
}

impl<T> Unstored<T> for Slot<T> {
    fn stored(&self, _: Op<'_>) -> Step
    where
        T: Storable,
    {
        unreachable!("no type is `Storable`")
    }
}

/// No type implements it: it stands for a message.
#[diagnostic::on_unimplemented(
    message = "a signal of the type `{Self}` cannot be stored, as it is not `Serialize` and `DeserializeOwned`; derive `serde::Serialize` and `serde::Deserialize` for it",
    label = "the type of this is not `Serialize` and `DeserializeOwned`"
)]
pub trait Receivable {}

impl<T: Serialize + DeserializeOwned> Slot<T> {
    /// What is done with the value of a signal, which comes as it is stored.
    pub fn received(&self, op: Op<'_>) -> Step {
        self.store(op)
    }
}

/// The signal cannot be stored.
pub trait Unreceived<T> {
    /// Says so.
    fn received(&self, op: Op<'_>) -> Step
    where
        T: Receivable;
}

impl<T> Unreceived<T> for Slot<T> {
    fn received(&self, _: Op<'_>) -> Step
    where
        T: Receivable,
    {
        unreachable!("no type is `Receivable`")
    }
}

/// The symbol can be given by value.
///
/// `(&Held(symbol)).by_value()`
pub trait ByClone<T> {
    /// A clone of it.
    fn by_value(&self) -> T;
}

impl<T: Clone> ByClone<T> for Held<'_, T> {
    #[inline]
    fn by_value(&self) -> T {
        self.0.clone()
    }
}

/// The symbol cannot be given by value.
pub trait NotByClone<T> {
    /// Says so.
    fn by_value(&self) -> T
    where
        T: Cloneable;
}

impl<T> NotByClone<T> for &Held<'_, T> {
    fn by_value(&self) -> T
    where
        T: Cloneable,
    {
        unreachable!("no type is `Cloneable`")
    }
}

/// No type implements it: it stands for a message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is both in what the group or the flow hands out and kept inside of it, and it is not `Clone`; derive `Clone`, or put an `Arc` around it",
    label = "not `Clone`"
)]
pub trait Keepable {}

/// What is handed out and yet stays: a revert reads it, or it is handed out as an `Option`.
///
/// `(&Held(value)).kept()`
pub trait Keeps<T> {
    /// A clone of it.
    fn kept(&self) -> T;
}

impl<T: Clone> Keeps<T> for Held<'_, T> {
    fn kept(&self) -> T {
        self.0.clone()
    }
}

/// The value cannot be in two places.
pub trait KeepsNot<T> {
    /// Says so.
    fn kept(&self) -> T
    where
        T: Keepable;
}

impl<T> KeepsNot<T> for &Held<'_, T> {
    fn kept(&self) -> T
    where
        T: Keepable,
    {
        unreachable!("no type is `Keepable`")
    }
}

/// A flow that is about to be opened for several threads.
///
/// `(&mut Opening::<Checkout, _>::new(given, body)).open()`
pub struct Opening<F: Flow, B>(Option<Rooted<F, B>>);

impl<F: Flow, B> Opening<F, B> {
    /// Wraps what a flow is made of.
    pub fn new(given: Arc<Given<F>>, body: B) -> Self {
        Self(Some(Rooted { given, body }))
    }
}

/// The inputs and resources may go to other threads.
pub trait OpenShared<'f, F: Runnable + 'f> {
    /// Opens the flow.
    fn open(&mut self) -> Opened<'f, F>;
}

impl<'f, 's, F, B> OpenShared<'f, F> for Opening<F, B>
where
    F: Parts + Runnable<Steps = Shared<'s>> + 'f + 's,
    F::Inputs: Send + Sync + 's,
    F::Resources: Send + Sync + 's,
    B: Body<F> + Send + Sync + 'f + 's,
{
    fn open(&mut self) -> Opened<'f, F> {
        flow::shared(self.0.take().expect("opened once"))
    }
}

/// An input or a resource may not go to other threads, which [`Sharing`] has said.
pub trait OpenUnshared<'f, F: Runnable + 'f> {
    /// Is never called.
    fn open(&mut self) -> Opened<'f, F>;
}

impl<'f, F, B> OpenUnshared<'f, F> for &mut Opening<F, B>
where
    F: Parts + Runnable + 'f,
    B: Body<F> + Send + Sync,
{
    fn open(&mut self) -> Opened<'f, F> {
        unreachable!("a flow that compiles has fields that are `Send` and `Sync`")
    }
}
