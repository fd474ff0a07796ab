//! Using a flow: starting a run, attaching to one, taking one up.

mod ask;
mod control;
mod inline;
mod start;

pub use ask::{RunControl, Undo};
pub(crate) use control::Intent;
pub use control::RunHandle;
pub use inline::Recorded;
pub use start::Start;
pub(crate) use start::{beginning, recorded_inputs, stored_plan};

/// Writes the methods of a flow's struct, so that nobody has to import a trait to run a flow.
#[doc(hidden)]
#[macro_export]
macro_rules! __flow_methods {
    // Tokens, because `vis` does not match the nothing that a private struct has.
    ([$($vis:tt)*] [$($generics:tt)*] [$Flow:ty] [$Resources:ty] [$Output:ty] [$Steps:ty]) => {
        #[allow(dead_code)]
        impl $($generics)* $Flow {
            /// Runs the flow to its end, as a new run with an id of its own.
            ///
            /// With an engine that blocks, as all of this library do, `E::Ran` is the `Result` of
            /// the flow's output or a [`RunError`]($crate::RunError).
            ///
            /// # Errors
            ///
            /// If a task fails, if a person's answer is needed, or if the logbook fails.
            $($vis)* fn run<'b, E>(self, engine: &'b E, book: &'b $crate::Logbook) -> E::Ran<'b>
            where
                E: ?Sized + $crate::Engine<$Steps, $Output>,
                Self: 'b,
            {
                $crate::Start::new(self).run(engine, book)
            }

            /// Runs the flow to its end without a logbook: a crash loses it.
            ///
            /// # Errors
            ///
            /// If a task fails.
            $($vis)* fn call<'b, E>(self, engine: &'b E) -> E::Ran<'b>
            where
                E: ?Sized + $crate::Engine<$Steps, $Output>,
                Self: 'b,
            {
                $crate::Start::new(self).call(engine)
            }

            /// The run of that id: it is attached to if the logbook has it, and started if not.
            ///
            /// An id is a [`RunId`]($crate::RunId) or a text of 1 to 64 ASCII characters; an invalid
            /// one is an error of what follows.
            $($vis)* fn id<I>(self, id: I) -> $crate::Start<Self>
            where
                I: ::core::convert::TryInto<$crate::RunId>,
                $crate::InvalidRunId: ::core::convert::From<I::Error>,
            {
                $crate::Start::new(self).id(id)
            }

            /// A label of the new run, by which it can be found.
            $($vis)* fn label(
                self,
                key: impl ::core::convert::Into<::std::string::String>,
                value: impl ::core::convert::Into<::std::string::String>,
            ) -> $crate::Start<Self> {
                $crate::Start::new(self).label(key, value)
            }

            /// Tells `listener` what happens to the new run; see [`listen`]($crate::listen).
            $($vis)* fn listen(
                self,
                listener: impl $crate::Listener + 'static,
            ) -> $crate::Start<Self> {
                $crate::Start::new(self).listen(listener)
            }

            /// Records a new run with an id of its own and returns a handle, whose `wait` drives it.
            ///
            /// When it returns, the start is as durable as the logbook's policy says.
            ///
            /// # Errors
            ///
            /// If the inputs cannot be stored, or if the logbook fails.
            $($vis)* fn start<'b, E>(
                self,
                engine: &'b E,
                book: &'b $crate::Logbook,
            ) -> ::core::result::Result<$crate::RunHandle<'b, Self, E>, $crate::StartError>
            where
                E: ?Sized + $crate::Engine<$Steps, $Output>,
            {
                $crate::Start::new(self).start(engine, book)
            }

            /// The unfinished run of this flow and version with equal inputs, or else a new run:
            /// what a program calls that is started again until it succeeds.
            ///
            /// The handle's first `wait` also goes on with a run that failed and was kept, and
            /// with one that could not be undone.
            ///
            /// # Errors
            ///
            /// If the run cannot be taken up, or if the logbook fails.
            $($vis)* fn continue_or_start<'b, E>(
                self,
                engine: &'b E,
                book: &'b $crate::Logbook,
            ) -> ::core::result::Result<$crate::RunHandle<'b, Self, E>, $crate::StartError>
            where
                E: ?Sized + $crate::Engine<$Steps, $Output>,
            {
                $crate::Start::new(self).continue_or_start(engine, book)
            }

            /// Takes up the run of that id, with the inputs that it was started with: one that was
            /// interrupted goes on, one that failed and was kept goes on from where it failed, one
            /// that could not be undone is undone further, and of one that has ended the end is
            /// told.
            ///
            /// # Errors
            ///
            /// If there is no such run, if it is one of another flow or plan, or if the logbook
            /// fails.
            $($vis)* fn resume<'b, E>(
                id: &$crate::RunId,
                resources: $Resources,
                engine: &'b E,
                book: &'b $crate::Logbook,
            ) -> ::core::result::Result<$crate::RunHandle<'b, Self, E>, $crate::StartError>
            where
                E: ?Sized + $crate::Engine<$Steps, $Output>,
            {
                $crate::RunHandle::resume(id, resources, engine, book)
            }

            /// The runs of this flow that are not finished, oldest first.
            ///
            /// # Errors
            ///
            /// If the logbook fails.
            $($vis)* fn unfinished(
                book: &$crate::Logbook,
            ) -> ::core::result::Result<::std::vec::Vec<$crate::RunSummary>, $crate::LogbookError> {
                book.unfinished(<Self as $crate::Flow>::NAME)
            }
        }
    };
}
