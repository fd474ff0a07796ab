//! Writes the flows of the model test for groups: retries, choices, maps and tries in each other.

use std::fmt::Write;

use super::Random;

const FLOWS: usize = 80;
const TASKS_MAX: usize = 8;
const SEED: u64 = 0x9_0f10e5;

/// An item of a pattern: as the user writes it and as the reference reads it, and the names that
/// those behind it see.
struct Item {
    flow: String,
    node: String,
    provides: Vec<String>,
}

/// A flow while it is written.
struct Writer<'r> {
    random: &'r mut Random,
    names: usize,
}

pub(super) fn write() -> String {
    let mut random = Random(SEED);
    let (mut modules, mut cases, mut arms) = (String::new(), String::new(), String::new());
    for number in 0..FLOWS {
        let budget = 2 + random.below(TASKS_MAX - 1);
        let (flow, node) = Writer::whole(&mut random, budget);
        write!(
            modules,
            "#[allow(unused_imports, unused_variables)]\nmod case_{number} {{\n    \
             use tests::model::*;\n    use taskflow::flow;\n    \
             flow! {{ #[flow(on_failure = revert)] pub(crate) struct Whole {{ a: u64, \
             flags: (bool, bool), list: Vec<u64>, #[resource] world: World }} -> out: u64\n        \
             {flow} }}\n}}\n"
        )
        .expect("a text grows");
        writeln!(
            cases,
            "    Case {{\n        text: {flow:?},\n        node: {node},\n    }},"
        )
        .expect("a text grows");
        writeln!(
            arms,
            "        {number} => go!(case_{number}, inputs, world, wish),"
        )
        .expect("a text grows");
    }
    format!(
        "{modules}\npub(crate) const CASES: &[Case] = &[\n{cases}];\n\n\
         #[allow(clippy::too_many_lines)]\npub(crate) fn drive(case: usize, inputs: &Inputs, \
         world: &World, wish: Wish<'_>) -> Result<u64, RunError> {{\n    match case {{\n{arms}        \
         _ => unreachable!(\"there are {FLOWS} flows\"),\n    }}\n}}\n"
    )
}

impl Writer<'_> {
    /// The pattern of a flow, and what the reference reads.
    fn whole(random: &mut Random, budget: usize) -> (String, String) {
        let mut writer = Writer { random, names: 0 };
        let mut seen = vec!["a".to_owned()];
        let first = writer.task(&seen);
        seen.extend(first.provides);
        let inner = writer.items(budget, &mut seen, 3);
        let last = &seen[seen.len() - 1];
        (
            format!(
                "linear[{}, {}, done1(a = {last}) as out]",
                first.flow, inner.flow
            ),
            format!(
                "Node::All(&[{}, {}, Node::Task(\"out\", Kind::Done, &[{last:?}])])",
                first.node, inner.node
            ),
        )
    }

    fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    fn one_of<'v>(&mut self, names: &'v [String]) -> &'v str {
        let len = names.len();
        // What was provided last makes the more interesting wires.
        let back = self.random.below(len).min(self.random.below(len));
        &names[len - 1 - back]
    }

    fn task(&mut self, seen: &[String]) -> Item {
        let (kind, variant) = [("plain", "Plain"), ("done", "Done"), ("any", "Any")]
            [[0, 1, 1, 2, 2][self.random.below(5)]];
        let name = self.name("t");
        let arity = self.random.below(3);
        let reads: Vec<&str> = (0..arity).map(|_| self.one_of(seen)).collect();
        let bindings: Vec<String> = ["a", "b"]
            .iter()
            .zip(&reads)
            .map(|(param, read)| format!("{param} = {read}"))
            .collect();
        let bindings = match bindings.len() {
            0 => String::new(),
            _ => format!("({})", bindings.join(", ")),
        };
        Item {
            flow: format!("{kind}{arity}{bindings} as {name}"),
            node: format!("Node::Task({name:?}, Kind::{variant}, &{reads:?})"),
            provides: vec![name],
        }
    }

    /// So many tasks one after the other, in groups or not.
    fn items(&mut self, budget: usize, seen: &mut Vec<String>, depth: usize) -> Item {
        let (mut flows, mut nodes, mut provides) = (Vec::new(), Vec::new(), Vec::new());
        let mut left = budget;
        while left > 0 {
            let part = 1 + self.random.below(left);
            left -= part;
            let item = if depth == 0 || part == 1 && self.random.chance(2) {
                left += part - 1;
                self.task(seen)
            } else {
                self.group(part, seen, depth - 1)
            };
            seen.extend(item.provides.iter().cloned());
            flows.push(item.flow);
            nodes.push(item.node);
            provides.extend(item.provides);
        }
        Item {
            flow: flows.join(", "),
            node: format!("Node::All(&[{}])", nodes.join(", ")),
            provides,
        }
    }

    fn group(&mut self, budget: usize, seen: &[String], depth: usize) -> Item {
        let word = self.random.below(9);
        let mut within = seen.to_vec();
        let item = self.name("x");
        if matches!(word, 1 | 4) {
            within.push(item.clone());
        }
        let name = self.name("r");
        let on = self.one_of(seen).to_owned();
        let mut inner = self.items(budget, &mut within, depth);
        if matches!(word, 2 | 4) {
            // What such a group provides is what its last task does.
            let last = self.task(&within);
            inner.flow = format!("{}, {}", inner.flow, last.flow);
            inner.node = format!("Node::All(&[{}, {}])", inner.node, last.node);
        }
        let (flow, node) = (&inner.flow, &inner.node);
        let times = 2 + self.random.below(2);
        let flag = self.random.below(2);
        let (flow, node, shows) = match word {
            0 => (
                format!("retry(times = {times})[{flow}]"),
                format!("Node::Retry({times}, &{node})"),
                true,
            ),
            1 => (
                format!("retry({item} in list)[{flow}]"),
                format!("Node::RetryEach({item:?}, &{node})"),
                true,
            ),
            2 => (
                format!("try[{flow}] as {name}"),
                format!("Node::Try(&{node})"),
                false,
            ),
            3 => (
                format!("when(flags.{flag})[{flow}]"),
                format!("Node::When({flag}, &{node})"),
                false,
            ),
            4 => (
                format!("map({item} in list)[{flow}] as {name}"),
                format!("Node::Map({item:?}, &{node})"),
                false,
            ),
            5 => (format!("timeout(\"1h\")[{flow}]"), node.clone(), true),
            6 => (format!("limit(2)[{flow}]"), node.clone(), true),
            7 => {
                let other = self.task(seen);
                (
                    format!(
                        "match {on} {{ {item} if *{item} % 2 == 0 => linear[{flow}], _ => {} }}",
                        other.flow
                    ),
                    format!("Node::Match({on:?}, &{node}, &{})", other.node),
                    false,
                )
            }
            _ => {
                let other = self.task(seen);
                let flow = format!("unordered[{}, linear[{flow}]]", other.flow);
                let node = format!("Node::All(&[{}, {node}])", other.node);
                let provides = [other.provides, inner.provides].concat();
                return Item {
                    flow,
                    node,
                    provides,
                };
            }
        };
        Item {
            flow,
            node,
            provides: if shows { inner.provides } else { Vec::new() },
        }
    }
}
