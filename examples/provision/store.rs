//! The state of the simulated cloud: a folder with a file for each object, which survives kills.

use std::fs::{self, File};
use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::cloud::{Cidr, Gib, Id, Kind, Name, Tag};
use super::error::Why;

type Result<T> = std::result::Result<T, Why>;

/// An object of the cloud, with who has made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    pub id: Id,
    pub tenant: Name,
    pub name: Name,
    pub run: String,
    /// The idempotency key of the call that made it, in hexadecimal digits.
    pub key: String,
    pub detail: Detail,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Detail {
    Quota {
        cores: u32,
        ram: Gib,
    },
    Network {
        cidr: Cidr,
    },
    Volume {
        size: Gib,
        attached: Option<Id>,
    },
    Server {
        network: Id,
        image: String,
        address: Ipv4Addr,
        /// In milliseconds since 1970.
        active_from: u64,
    },
    Dns {
        address: Ipv4Addr,
    },
}

impl Detail {
    pub fn kind(&self) -> Kind {
        match self {
            Self::Quota { .. } => Kind::Quota,
            Self::Network { .. } => Kind::Network,
            Self::Volume { .. } => Kind::Volume,
            Self::Server { .. } => Kind::Server,
            Self::Dns { .. } => Kind::Dns,
        }
    }
}

impl Object {
    /// A new one, whose id follows from the key.
    pub fn new(tenant: &Name, name: &Name, tag: &Tag, detail: Detail) -> Self {
        let key = tag.key.to_string();
        let kind = detail.kind();
        Self {
            id: Id(format!("{kind}-{}", key.get(..12).unwrap_or(&key))),
            tenant: tenant.clone(),
            name: name.clone(),
            run: tag.run.to_string(),
            key,
            detail,
        }
    }

    pub fn is(&self, kind: Kind, name: &Name) -> bool {
        self.detail.kind() == kind && self.name == *name
    }

    /// Whether both cannot be there: what a tenant has is named once, and names of machines are
    /// one list for all tenants.
    pub fn excludes(&self, other: &Self) -> bool {
        let kind = other.detail.kind();
        let shared = kind == Kind::Dns || self.tenant == other.tenant;
        self.is(kind, &other.name) && shared && kind != Kind::Quota
    }
}

/// The folder of a cloud.
pub struct Store {
    folder: PathBuf,
}

/// The folder, while no other thread or process may look at it or change it.
pub struct Open<'a> {
    folder: &'a Path,
    _lock: File,
}

impl Store {
    pub fn at(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).map_err(Why::disk(folder))?;
        Ok(Self {
            folder: folder.to_path_buf(),
        })
    }

    pub fn open(&self) -> Result<Open<'_>> {
        let lock = File::open(&self.folder).map_err(Why::disk(&self.folder))?;
        lock.lock().map_err(Why::disk(&self.folder))?;
        Ok(Open {
            folder: &self.folder,
            _lock: lock,
        })
    }
}

impl Open<'_> {
    /// All objects, in the order of their ids.
    pub fn all(&self) -> Result<Vec<Object>> {
        let mut objects: Vec<Object> = Vec::new();
        for item in fs::read_dir(self.folder).map_err(Why::disk(self.folder))? {
            let path = item.map_err(Why::disk(self.folder))?.path();
            if path.extension().is_some_and(|end| end == "json") {
                let bytes = fs::read(&path).map_err(Why::disk(&path))?;
                let object = serde_json::from_slice(&bytes).map_err(io::Error::other);
                objects.push(object.map_err(Why::disk(&path))?);
            } else if path.extension().is_some_and(|end| end == "partial") {
                // A kill left it: whoever wrote it held the lock.
                fs::remove_file(&path).map_err(Why::disk(&path))?;
            }
        }
        objects.sort_by(|a, b| a.id.0.cmp(&b.id.0));
        Ok(objects)
    }

    pub fn find(&self, id: &Id) -> Result<Option<Object>> {
        Ok(self.all()?.into_iter().find(|object| object.id == *id))
    }

    pub fn put(&self, object: &Object) -> Result<()> {
        let path = self.path(&object.id);
        let partial = path.with_extension("partial");
        let json = serde_json::to_vec_pretty(object).map_err(io::Error::other);
        let written = json.and_then(|json| fs::write(&partial, json));
        written.map_err(Why::disk(&partial))?;
        fs::rename(&partial, &path).map_err(Why::disk(&path))
    }

    pub fn remove(&self, id: &Id) -> Result<()> {
        let path = self.path(id);
        fs::remove_file(&path).map_err(Why::disk(&path))
    }

    fn path(&self, id: &Id) -> PathBuf {
        self.folder.join(&id.0).with_extension("json")
    }
}
