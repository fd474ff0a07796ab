//! An engine that is chosen by name, so that a deployment can choose without a change of code.

use std::fmt;
use std::str::FromStr;

#[cfg(feature = "parallel")]
use super::Parallel;
use super::{Engine, Job, Serial};
use crate::flow::Shared;
use crate::run::RunError;

/// One of the engines that block: `serial`, `parallel` or `parallel:8`.
///
/// ```
/// use taskflow::{AnyEngine, flow, task};
///
/// #[task]
/// fn double(number: u32) -> u32 {
///     number * 2
/// }
///
/// flow! {
///     pub struct Double { number: u32 } -> u32
///     linear[double]
/// }
///
/// let engine: AnyEngine = "serial".parse()?;
/// assert_eq!(Double { number: 21 }.call(&engine)?, 42);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum AnyEngine {
    /// `serial`
    Serial(Serial),
    /// `parallel`, or `parallel:8` for eight threads of its own.
    #[cfg(feature = "parallel")]
    Parallel(Parallel),
}

impl<'a, T> Engine<Shared<'a>, T> for AnyEngine {
    type Ran<'b> = Result<T, RunError>;

    fn drive<'b>(&'b self, job: Job<'b, Shared<'a>, T>) -> Result<T, RunError> {
        match self {
            Self::Serial(engine) => engine.drive(job),
            #[cfg(feature = "parallel")]
            Self::Parallel(engine) => engine.drive(job),
        }
    }
}

impl FromStr for AnyEngine {
    type Err = UnknownEngine;

    fn from_str(name: &str) -> Result<Self, UnknownEngine> {
        let unknown = |why: &str| UnknownEngine {
            name: name.to_owned(),
            why: why.to_owned(),
        };
        match name {
            "serial" => Ok(Self::Serial(Serial)),
            #[cfg(feature = "parallel")]
            "parallel" => Ok(Self::Parallel(Parallel::new())),
            #[cfg(feature = "parallel")]
            _ if name.starts_with("parallel:") => {
                let threads = name["parallel:".len()..]
                    .parse()
                    .ok()
                    .filter(|&threads| threads > 0);
                let threads =
                    threads.ok_or_else(|| unknown("after the colon stands a number of threads"))?;
                let engine = Parallel::with_threads(threads);
                Ok(Self::Parallel(
                    engine.map_err(|error| unknown(&error.to_string()))?,
                ))
            }
            _ => Err(unknown("")),
        }
    }
}

/// No engine has that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownEngine {
    name: String,
    why: String,
}

impl fmt::Display for UnknownEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no engine `{}`; use ", self.name)?;
        f.write_str(if cfg!(feature = "parallel") {
            "`serial`, `parallel`, or `parallel:8` for eight threads"
        } else {
            "`serial` (the program was built without the feature `parallel`)"
        })?;
        match &*self.why {
            "" => Ok(()),
            why => write!(f, ": {why}"),
        }
    }
}

impl std::error::Error for UnknownEngine {}
