//! Writes the flows of the model tests, each as a `flow!` and as plain data for the reference.
//!
//! Flows are types, so that a random flow has to be written before it is compiled. The generator
//! has a fixed seed: every build has the same flows.

#[path = "build/groups.rs"]
mod groups;

use std::fmt::Write;
use std::path::PathBuf;
use std::{env, fs};

const FLOWS: usize = 120;
const TASKS_MAX: usize = 8;
const SEED: u64 = 0x7a5c_f10e;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    let folder = PathBuf::from(env::var_os("OUT_DIR").expect("cargo says where"));
    let mut random = Random(SEED);
    let (mut modules, mut cases, mut arms) = (String::new(), String::new(), String::new());
    for number in 0..FLOWS {
        let flow = Flow::write(&mut random, number);
        modules.push_str(&flow.module);
        cases.push_str(&flow.case);
        arms.push_str(&flow.arm);
    }
    let text = format!(
        "{modules}\npub(crate) const CASES: &[Case] = &[\n{cases}];\n\n\
         #[allow(clippy::too_many_lines)]\npub(crate) fn drive(case: usize, inputs: [u64; 2], world: &World, wish: Wish<'_>) -> Ran {{\n    \
         match case {{\n{arms}        _ => unreachable!(\"there are {FLOWS} flows\"),\n    }}\n}}\n"
    );
    fs::write(folder.join("flows.rs"), text).expect("the output folder can be written");
    fs::write(folder.join("groups.rs"), groups::write()).expect("the output folder can be written");
}

/// A small generator with a seed (xorshift64*, by Sebastiano Vigna).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(high).expect("31 bits") % bound
    }

    fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }
}

/// What the reference reads: the number of a task, an input, or a literal.
#[derive(Clone, Copy)]
enum Read {
    Task(usize),
    Input(usize),
    Literal(u64),
}

impl Read {
    fn text(self) -> String {
        match self {
            Self::Task(task) => format!("Read::Task({task})"),
            Self::Input(input) => format!("Read::Input({input})"),
            Self::Literal(literal) => format!("Read::Literal({literal})"),
        }
    }
}

/// A name that a task can read here, and what it means to the reference.
#[derive(Clone)]
struct Symbol {
    name: String,
    read: Read,
}

/// An item of a pattern: as the user writes it and as the reference reads it.
struct Item {
    flow: String,
    tree: String,
    /// What it provides to those who see it.
    provides: Vec<Symbol>,
    /// The name and the number of its atom, if it is a task.
    atom: Option<(String, usize)>,
}

/// A flow, written.
struct Flow {
    module: String,
    case: String,
    arm: String,
}

/// A flow while it is written.
struct Writer<'r> {
    random: &'r mut Random,
    /// The tasks of the reference, in no order that means anything.
    tasks: Vec<String>,
    /// Nested flows that were written.
    nested: String,
    names: usize,
}

const PATTERNS: [(&str, &str); 3] = [
    ("linear", "Linear"),
    ("unordered", "Unordered"),
    ("graph", "Graph"),
];
const KINDS: [(&str, &str); 6] = [
    ("plain", "Plain"),
    ("done", "Done"),
    ("any", "Any"),
    ("final", "Final"),
    ("finalany", "FinalAny"),
    ("passing", "Passing"),
];

impl Flow {
    fn write(random: &mut Random, number: usize) -> Self {
        let budget = 1 + random.below(TASKS_MAX);
        let mut writer = Writer {
            random,
            tasks: Vec::new(),
            nested: String::new(),
            names: 0,
        };
        let inputs = ["a", "in_b"];
        let visible: Vec<Symbol> = inputs
            .iter()
            .enumerate()
            .map(|(input, name)| Symbol {
                name: (*name).to_owned(),
                read: Read::Input(input),
            })
            .collect();
        let item = writer.group(budget, &visible, "", 2);
        let tasks = writer.tasks.concat();
        let at = writer.random.below(item.provides.len());
        let output = item.provides[at].clone();
        let Read::Task(result) = output.read else {
            unreachable!("an item provides what tasks provide");
        };
        let (setting, on_failure) = match writer.random.below(4) {
            0 => ("#[flow(on_failure = keep)] ", "Some(true)"),
            1 => ("#[flow(on_failure = revert)] ", "Some(false)"),
            _ => ("", "None"),
        };
        let nested = writer.nested;
        Self {
            module: format!(
                "#[allow(unused_imports, unused_variables)]\nmod case_{number} {{\n    use tests::model::*;\n    \
                 use taskflow::flow;\n{nested}    flow! {{ {setting}#[allow(dead_code)] \
                 pub(crate) struct Whole {{ a: u64, in_b: u64, #[resource] world: World }} \
                 -> {}: u64\n        {} }}\n}}\n",
                output.name, item.flow,
            ),
            case: format!(
                "    Case {{\n        keep: {on_failure},\n        output: {result},\n        \
                 tasks: &[\n{tasks}        ],\n        tree: {},\n        text: {:?},\n    }},\n",
                item.tree, item.flow,
            ),
            arm: format!("        {number} => go!(case_{number}::Whole, inputs, world, wish),\n"),
        }
    }
}

impl Writer<'_> {
    fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    fn item(&mut self, budget: usize, visible: &[Symbol], path: &str, depth: usize) -> Item {
        match self.random.below(6) {
            0 if depth > 0 => self.flow(budget, visible, path, depth - 1),
            _ if budget > 1 && depth > 0 => self.group(budget, visible, path, depth - 1),
            _ => self.task(visible, path),
        }
    }

    /// A group of up to `budget` tasks, all of them seen by what comes after it.
    fn group(&mut self, budget: usize, visible: &[Symbol], path: &str, depth: usize) -> Item {
        let (word, tree) = PATTERNS[self.random.below(3)];
        let mut items: Vec<Item> = Vec::new();
        let mut seen = visible.to_vec();
        let mut left = budget;
        while left > 0 {
            let part = if self.random.chance(2) {
                1
            } else {
                1 + self.random.below(left)
            };
            left -= part;
            let item = if part == 1 && !self.random.chance(5) {
                self.task(&seen, path)
            } else {
                self.item(part, &seen, path, depth)
            };
            if word != "unordered" {
                seen.extend(item.provides.iter().cloned());
            }
            items.push(item);
        }
        let (mut edges, mut arrows) = (String::new(), String::new());
        if word == "graph" {
            let atoms: Vec<_> = items.iter().filter_map(|item| item.atom.clone()).collect();
            if atoms.len() > 1 && self.random.chance(2) {
                let to = 1 + self.random.below(atoms.len() - 1);
                let from = self.random.below(to);
                write!(edges, "({}, {})", atoms[from].1, atoms[to].1).expect("a text grows");
                write!(arrows, ", {} -> {}", atoms[from].0, atoms[to].0).expect("a text grows");
            }
            // The list says nothing about the order.
            for at in (1..items.len()).rev() {
                let other = self.random.below(at + 1);
                items.swap(at, other);
            }
        }
        let join = |text: fn(&Item) -> &str| items.iter().map(text).collect::<Vec<_>>().join(", ");
        let trees = join(|item| &item.tree);
        Item {
            flow: format!("{word}[{}{arrows}]", join(|item| &item.flow)),
            tree: match word {
                "graph" => format!("Item::{tree}(&[{trees}], &[{edges}])"),
                _ => format!("Item::{tree}(&[{trees}])"),
            },
            provides: items
                .iter()
                .flat_map(|item| item.provides.clone())
                .collect(),
            atom: None,
        }
    }

    fn task(&mut self, visible: &[Symbol], path: &str) -> Item {
        let (kind, variant) = KINDS[[0, 1, 1, 1, 2, 2, 3, 4, 5, 5][self.random.below(10)]];
        let name = self.name("t");
        let arity = self.random.below(3);
        let mut bindings = Vec::new();
        let mut reads = Vec::new();
        for param in &["a", "b"][..arity] {
            let read = if self.random.chance(8) {
                let literal = self.random.below(100);
                bindings.push(format!("{param} = {literal}"));
                Read::Literal(literal as u64)
            } else {
                // What was provided last makes the more interesting wires.
                let back = self
                    .random
                    .below(visible.len())
                    .min(self.random.below(visible.len()));
                let symbol = &visible[visible.len() - 1 - back];
                if symbol.name != *param {
                    bindings.push(format!("{param} = {}", symbol.name));
                }
                symbol.read
            };
            reads.push(read.text());
        }
        let number = self.tasks.len();
        self.tasks.push(format!(
            "            Task {{ path: \"{path}{name}\", kind: Kind::{variant}, reads: &[{}] }},\n",
            reads.join(", ")
        ));
        let bindings = match bindings.len() {
            0 => String::new(),
            _ => format!("({})", bindings.join(", ")),
        };
        Item {
            flow: format!("{kind}{arity}{bindings} as {name}"),
            tree: format!("Item::Task({number})"),
            provides: vec![Symbol {
                name: name.clone(),
                read: Read::Task(number),
            }],
            atom: Some((name, number)),
        }
    }

    /// A nested flow with up to two inputs, which hands out one value.
    fn flow(&mut self, budget: usize, visible: &[Symbol], path: &str, depth: usize) -> Item {
        let name = self.name("n");
        let (mut fields, mut bindings, mut inner) = (String::new(), Vec::new(), Vec::new());
        let mut reads = Vec::new();
        for field in &["a", "p"][..=self.random.below(2)] {
            let symbol = &visible[self.random.below(visible.len())];
            write!(fields, "{field}: u64, ").expect("a text grows");
            bindings.push(format!("{field} = {}", symbol.name));
            reads.push(symbol.read.text());
            inner.push(Symbol {
                name: (*field).to_owned(),
                read: symbol.read,
            });
        }
        let item = self.group(budget, &inner, &format!("{path}{name}/"), depth);
        let at = self.random.below(item.provides.len());
        let output = &item.provides[at];
        let setting = match self.random.below(3) {
            // It has no say: the outer flow's rules.
            0 => "#[flow(on_failure = keep)] ",
            _ => "",
        };
        let flow = name.to_uppercase();
        writeln!(
            self.nested,
            "    flow! {{ {setting}#[allow(dead_code)] pub(crate) struct {flow} {{ {fields}\
             #[resource] world: World }} -> {}: u64\n        {} }}",
            output.name, item.flow
        )
        .expect("a text grows");
        Item {
            flow: format!("{flow}({}) as {name}", bindings.join(", ")),
            tree: format!("Item::Flow(&{}, &[{}])", item.tree, reads.join(", ")),
            provides: vec![Symbol {
                name,
                read: output.read,
            }],
            atom: None,
        }
    }
}
