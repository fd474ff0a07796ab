//! What a flow costs to compile, over the same types and functions without one.
//!
//! `cargo bench --bench compile` writes a small workspace, builds what it depends on, and then
//! builds its crates in turn: the CPU time of the quickest of three debug builds counts.

#[path = "shared/table.rs"]
mod table;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs, io};

use table::{Unit, row, title};

/// Tasks in a flow, each with a result type of its own.
const TASKS: usize = 100;
/// Uses of those tasks in the flow that uses them again and again.
const USES: usize = 1000;

fn main() -> io::Result<()> {
    if !env::args().any(|argument| argument == "--bench") {
        // `cargo test` runs this too, to see that it can be run.
        return Ok(());
    }
    let workspace = Workspace::write()?;
    let [mut plain, mut linked, mut flow, mut uses] = [f64::INFINITY; 4];
    workspace.build("plain")?;
    for _ in 0..3 {
        plain = plain.min(workspace.build("plain")?);
        linked = linked.min(workspace.build("linked")?);
        flow = flow.min(workspace.build("flow")?);
        uses = uses.min(workspace.build("uses")?);
    }
    title("CPU time of a debug build");
    row(
        "100 types that are stored, and 100 functions",
        plain,
        Unit::Seconds,
        None,
    );
    row(
        "... and a flow of one task, which links the library",
        linked,
        Unit::Seconds,
        None,
    );
    row("... as 100 tasks in a flow", flow, Unit::Seconds, None);
    row(
        "... over the types and functions alone",
        flow - plain,
        Unit::Seconds,
        None,
    );
    row(
        "... over those with a flow of one task",
        flow - linked,
        Unit::Seconds,
        Some(1.0),
    );
    row(
        "1000 uses of 100 tasks in a flow",
        uses,
        Unit::Seconds,
        None,
    );
    Ok(())
}

/// The crates that are built.
struct Workspace {
    folder: PathBuf,
}

impl Workspace {
    fn write() -> io::Result<Self> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile");
        let library = Path::new(env!("CARGO_MANIFEST_DIR"));
        let members = "[workspace]\nresolver = \"3\"\nmembers = [\"plain\", \"linked\", \"flow\", \"uses\"]\n";
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("Cargo.toml"), members)?;
        // The same versions as here, which have been fetched already.
        let lock = library.with_file_name("Cargo.lock");
        fs::copy(lock, folder.join("Cargo.lock"))?;
        let workspace = Self { folder };
        workspace.member("plain", library, &plain("", ""))?;
        workspace.member("linked", library, &linked())?;
        workspace.member("flow", library, &flow())?;
        workspace.member("uses", library, &uses())?;
        Ok(workspace)
    }

    fn member(&self, name: &str, library: &Path, code: &str) -> io::Result<()> {
        let folder = self.folder.join(name);
        fs::create_dir_all(folder.join("src"))?;
        let manifest = format!(
            "[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[dependencies]\n\
             bincode = \"=1.3.3\"\nserde = {{ version = \"1\", features = [\"derive\"] }}\n\
             taskflow = {{ path = '{}' }}\n",
            library.display()
        );
        fs::write(folder.join("Cargo.toml"), manifest)?;
        fs::write(folder.join("src/main.rs"), code)
    }

    /// Builds a crate anew, and says how many seconds of CPU time that took.
    fn build(&self, name: &str) -> io::Result<f64> {
        let code = self.folder.join(name).join("src/main.rs");
        // A new time of change is what makes cargo build it again.
        fs::write(&code, fs::read(&code)?)?;
        let before = children_time()?;
        let status = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()))
            .args(["build", "--offline", "--quiet", "--package", name])
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", self.folder.join("target"))
            .env("CARGO_INCREMENTAL", "0")
            .stdout(Stdio::null())
            .status()?;
        if !status.success() {
            let what = format!("the crate `{name}` does not compile; see above why");
            return Err(io::Error::other(what));
        }
        Ok(children_time()? - before)
    }
}

/// The CPU time of the processes that this one started and that have ended, in seconds.
fn children_time() -> io::Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The name, in parentheses, may hold spaces: the fields are counted from behind it.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks: f64 = fields
        .split_whitespace()
        .skip(13)
        .take(2)
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum();
    // Linux counts a hundred of them in a second, on every architecture.
    Ok(ticks / 100.0)
}

/// The types, and the functions with an attribute; each reads what the one before it gives.
fn functions(attribute: &str) -> String {
    let mut code = String::new();
    for i in 0..TASKS {
        let _ = writeln!(
            code,
            "#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]\n\
             pub struct R{i} {{ id: u64, name: String, parts: Vec<u32> }}"
        );
        let (parameter, id) = match i.checked_sub(1) {
            None => ("seed: u64".to_owned(), "seed".to_owned()),
            Some(last) => (format!("r{last}: &R{last}"), format!("r{last}.id + 1")),
        };
        let _ = writeln!(
            code,
            "{attribute}\nfn r{i}({parameter}) -> Result<R{i}, std::fmt::Error> {{\n\
             Ok(R{i} {{ id: {id}, name: String::new(), parts: Vec::new() }})\n}}"
        );
    }
    code
}

/// The types and functions, each value once encoded and decoded, and something besides.
fn plain(items: &str, first: &str) -> String {
    let mut code = functions("");
    code.push_str(items);
    code.push_str(
        "fn stored<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {\n\
         bincode::deserialize(&bincode::serialize(value).unwrap()).unwrap()\n}\n\
         fn main() {\n",
    );
    code.push_str(first);
    for i in 0..TASKS {
        let argument = match i.checked_sub(1) {
            None => "1".to_owned(),
            Some(last) => format!("&r{last}"),
        };
        let _ = writeln!(code, "let r{i} = stored(&r{i}({argument}).unwrap());");
    }
    let _ = writeln!(code, "println!(\"{{:?}}\", r{});\n}}", TASKS - 1);
    code
}

/// The same, and a flow of one task: a program that has the library anyway.
fn linked() -> String {
    let items = "#[taskflow::task]\nfn one(seed: u64) -> u64 { seed }\n\
                 taskflow::flow! {\npub struct One { seed: u64 } -> u64\nlinear[one]\n}\n";
    let first = "let book = taskflow::Logbook::memory();\n\
                 println!(\"{:?}\", One { seed: 1 }.run(&taskflow::Serial, &book));\n";
    plain(items, first)
}

fn flow() -> String {
    let last = TASKS - 1;
    let mut code = functions("#[taskflow::task]");
    let _ = writeln!(
        code,
        "taskflow::flow! {{\npub struct Chain {{ seed: u64 }} -> R{last}\nlinear[{}]\n}}",
        list(TASKS, |i| format!("r{i}"))
    );
    code + &main_of("Chain")
}

fn uses() -> String {
    let mut code = String::new();
    for i in 0..TASKS {
        let _ = writeln!(
            code,
            "#[taskflow::task]\nfn t{i}(value: u64) -> u64 {{ value + {i} }}"
        );
    }
    let used = list(USES, |i| {
        let task = i % TASKS;
        match i.checked_sub(1) {
            None => format!("t{task}(value = seed) as a{i}"),
            Some(last) => format!("t{task}(value = a{last}) as a{i}"),
        }
    });
    let _ = writeln!(
        code,
        "taskflow::flow! {{\npub struct Uses {{ seed: u64 }} -> u64\nlinear[{used}]\n}}"
    );
    code + &main_of("Uses")
}

fn list(len: usize, item: impl Fn(usize) -> String) -> String {
    (0..len).map(item).collect::<Vec<_>>().join(", ")
}

fn main_of(flow: &str) -> String {
    format!(
        "fn main() {{\nlet book = taskflow::Logbook::memory();\n\
         println!(\"{{:?}}\", {flow} {{ seed: 1 }}.run(&taskflow::Serial, &book).unwrap());\n}}\n"
    )
}
