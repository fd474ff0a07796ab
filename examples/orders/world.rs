//! The state of the simulated outside world: a file that is replaced as a whole, and survives kills.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::order::Cents;

/// A good that breaks when it is packed: it can be reserved and paid, and not sent.
pub const FRAGILE: &str = "vase";

type Result<T> = std::result::Result<T, WorldError>;

/// Everything outside of the program. What is made carries the idempotency key of the call, in
/// hexadecimal digits, and the run that it was made for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub goods: BTreeMap<String, Good>,
    pub holds: Vec<Held>,
    pub payments: Vec<Paid>,
    pub shipments: Vec<Sent>,
    pub mails: Vec<Mailed>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Good {
    pub price: Cents,
    /// Pieces that nobody holds.
    pub free: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    pub id: String,
    pub run: String,
    pub key: String,
    pub item: String,
    pub pieces: u32,
    pub total: Cents,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paid {
    pub id: String,
    pub run: String,
    pub key: String,
    pub total: Cents,
    pub refunded: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    pub id: String,
    pub run: String,
    pub key: String,
    pub item: String,
    pub pieces: u32,
    pub payment: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailed {
    pub run: String,
    pub to: String,
    pub text: String,
}

impl State {
    /// A shop that has sold nothing yet.
    fn new() -> Self {
        let good = |name: &str, price, free| {
            let price = Cents(price);
            (name.to_owned(), Good { price, free })
        };
        Self {
            goods: [
                good("tea", 450, 1000),
                good("cup", 1200, 100),
                good("pot", 5900, 10),
                good(FRAGILE, 9900, 10),
            ]
            .into(),
            holds: Vec::new(),
            payments: Vec::new(),
            shipments: Vec::new(),
            mails: Vec::new(),
        }
    }
}

/// The folder of a world.
#[derive(Debug)]
pub struct World {
    folder: PathBuf,
}

impl World {
    pub fn at(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).map_err(WorldError::at(folder))?;
        Ok(Self {
            folder: folder.to_path_buf(),
        })
    }

    /// Looks at the world and changes it, while no other thread or process does.
    pub fn change<T>(&self, work: impl FnOnce(&mut State) -> T) -> Result<T> {
        let path = self.folder.join("lock");
        let lock = File::create(&path).map_err(WorldError::at(&path))?;
        lock.lock().map_err(WorldError::at(&path))?;
        let before = self.state()?;
        let mut state = before.clone();
        let answer = work(&mut state);
        if state != before {
            self.write(&state)?;
        }
        Ok(answer)
    }

    /// The world as it is at this moment.
    pub fn state(&self) -> Result<State> {
        let path = self.file();
        match fs::read(&path) {
            Ok(bytes) => {
                let state = serde_json::from_slice(&bytes).map_err(io::Error::other);
                state.map_err(WorldError::at(&path))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(State::new()),
            Err(error) => Err(WorldError::at(&path)(error)),
        }
    }

    fn write(&self, state: &State) -> Result<()> {
        let path = self.file();
        let partial = path.with_extension("partial");
        let json = serde_json::to_vec_pretty(state).map_err(io::Error::other);
        let written = json.and_then(|json| fs::write(&partial, json));
        written.map_err(WorldError::at(&partial))?;
        fs::rename(&partial, &path).map_err(WorldError::at(&path))
    }

    fn file(&self) -> PathBuf {
        self.folder.join("world.json")
    }
}

/// The simulated world cannot use a file of its own.
#[derive(Debug)]
pub struct WorldError {
    path: PathBuf,
    source: io::Error,
}

impl WorldError {
    /// For `map_err` after using the file `path`.
    fn at(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_path_buf();
        move |source| Self { path, source }
    }
}

impl fmt::Display for WorldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the simulated world cannot use its file `{}`; see to it, and start again",
            self.path.display()
        )
    }
}

impl Error for WorldError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}
