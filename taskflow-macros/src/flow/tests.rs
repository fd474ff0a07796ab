//! Every message of `flow!`, on token streams.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

use super::{flow, resolve};

/// The texts of the errors in an expansion, in order.
fn errors(expanded: TokenStream) -> Vec<String> {
    let mut tokens: Vec<TokenTree> = expanded.into_iter().collect();
    // An inline flow is a block.
    if let [TokenTree::Group(block)] = &tokens[..] {
        tokens = block.stream().into_iter().collect();
    }
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let (TokenTree::Ident(name), Some(TokenTree::Group(group))) = (token, tokens.get(at + 2))
        else {
            continue;
        };
        if name == "compile_error" {
            let text: syn::LitStr = syn::parse2(group.stream()).expect("an error is a text");
            found.push(text.value());
        }
    }
    found
}

/// What a companion would say of a path.
fn signature(path: &str) -> TokenStream {
    let (what, params, provides) = match path {
        "boot" => (quote!(task boot), quote!((size ref)), quote!(one server)),
        "volume" => (quote!(task volume), quote!((size ref)), quote!(one volume)),
        "attach" => (
            quote!(task attach),
            quote!((server ref) (volume val) (ctx ctx)),
            quote!(none),
        ),
        "halves" | "other :: halves" => (
            quote!(task halves),
            quote!((text ref)),
            quote!(many [front back]),
        ),
        "note" => (quote!(task note), quote!((size ref)), quote!(none)),
        "say" => (quote!(task say), quote!((note ref)), quote!(none)),
        "ping" => (quote!(task ping), quote!((pong ref)), quote!(one ping)),
        "pong" => (quote!(task pong), quote!((ping ref)), quote!(one pong)),
        "start" => (quote!(task start), quote!(), quote!(one started)),
        "wait" => {
            return quote! {
                task wait key 4u64 flags [async] params [] provides none reverts never revert []
                on_unknown rerun
            };
        }
        "Child" | "Local" => {
            let local = (path == "Local").then(|| quote!(local));
            return quote! {
                flow Child lifetimes 0 flags [#local] fields [(size input) (pool resource)]
                provides one child
            };
        }
        "damaged" => return quote!(wrong),
        _ => panic!("no task `{path}` is known here"),
    };
    quote! {
        #what key 1u64 flags [] params [#params] provides #provides reverts never revert []
        on_unknown rerun
    }
}

/// Expands a flow in both steps and gives all messages.
fn messages(tokens: &TokenStream) -> Vec<String> {
    let mut found = errors(flow(tokens));
    let Ok((tree, syntax)) = super::parse::parse(tokens.clone()) else {
        return found;
    };
    if syntax.is_empty() {
        let uses = tree.uses();
        let distinct = super::tree::distinct(&uses);
        let signatures = distinct.iter().map(|used| signature(&used.key()));
        let chain = quote!(@taskflow [#({#signatures})*] [] { #tokens });
        found.extend(errors(resolve(chain)));
    }
    found
}

macro_rules! refused {
    ($($name:ident: { $($flow:tt)* } => $($text:literal),+;)*) => {
        $(
            #[test]
            fn $name() {
                assert_eq!(messages(&quote!($($flow)*)), [$($text),+]);
            }
        )*
    };
}

macro_rules! accepted {
    ($($name:ident: { $($flow:tt)* })*) => {
        $(
            #[test]
            fn $name() {
                assert_eq!(messages(&quote!($($flow)*)), [""; 0]);
            }
        )*
    };
}

accepted! {
    a_task_alone: { struct A { size: u64 } -> String boot }
    trailing_commas: { struct A { size: u64, } -> String linear[unordered[boot,],] }
    a_cycle_that_an_outer_symbol_hides_is_none: {
        struct A { pong: u64 } -> ping: u64 graph[ping, ping as again]
    }
    a_task_that_is_wrong_itself_has_been_reported: {
        struct A { size: u64 } -> u8 linear[damaged, attach]
    }
    a_flow_within_a_flow: {
        struct A { size: u64, #[resource] pool: Pool } -> u8 linear[Child, Child as second]
    }
}

accepted! {
    one_name_in_two_arms: {
        struct A { size: u64, plan: Plan } linear[match plan { Plan::A => boot, _ => boot }, attach(volume = size)]
    }
    an_edge_between_groups: {
        struct A { size: u64, list: Vec<u64> }
        graph[map(one in list)[boot(size = one)] as all, try[volume] as last, last -> all]
    }
    an_arm_that_fails_provides_anything: {
        struct A { size: u64, plan: Plan }
        linear[match plan { Plan::A => boot, _ => linear[note, fail(reason = "no")] }, attach(volume = size)]
    }
    steps_alone: { struct A { pause: Duration } linear[sleep(pause), signal(go: bool), fail(reason = go)] }
    a_guard_that_names_all_kinds: {
        struct A { size: u64, plan: Plan }
        match plan { Plan::B(n) if n > size && limits::MAX != *n && n.is_ok() => boot, _ => [] }
    }
}

// Groups.
refused! {
    a_name_that_two_groups_bind: {
        struct A { list: Vec<Vec<u64>> } map(one in list)[map(one in one)[note(size = one)]]
    } => "`one` would hide the `one` of a group around it; choose another name for what the `map` binds";
    a_result_that_hides_an_item: {
        struct A { list: Vec<u64> } map(server in list)[boot(size = server)]
    } => "task `boot` provides `server`, which would hide the `server` of a group around it; rename one of them";
    a_binding_that_hides_a_result: {
        struct A { size: u64, plan: Plan } linear[boot, match plan { Plan::A(server) => note, _ => [] }]
    } => "`server` would hide the symbol `server`; choose another name for what the `match` binds";
    a_setting_that_stands_inside: {
        struct A { size: u64 } retry(times = server)[boot]
    } => "`retry` needs `server`, which `boot` provides only inside of it; move `boot` to before it";
    a_result_of_a_try: {
        struct A { size: u64 } linear[try[boot] as tried, attach(volume = size)]
    } => "task `attach` needs `server`, which `boot` provides inside of a `try`, and only `tried` is visible behind it; read that, or move `attach` into the `try`";
    an_optional_symbol_for_a_flow: {
        struct A { flag: bool, #[resource] pool: Pool }
        linear[when(flag)[start as size], Child]
    } => "flow `Child` needs `size`, which not every arm provides; give it to a task that takes an `Option`, or provide it in every arm";
    a_clash_within_an_arm: {
        struct A { size: u64, plan: Plan } match plan { Plan::A => linear[boot, halves(text = server) as other, other::halves(text = server)], _ => [] }
    } => "task `halves` provides `front`, which `halves as other` provides already; `as` renames one symbol only, so put one of them in a flow of its own",
         "task `halves` provides `back`, which `halves as other` provides already; `as` renames one symbol only, so put one of them in a flow of its own";
    a_try_with_two_results: {
        struct A { text: String } try[halves]
    } => "the last result of the `try` is not one symbol; end it with a task that provides one\nat its end: front, back";
}

// Without a struct.
accepted! {
    an_inline_task: { boot }
    an_inline_task_of_a_module: { -> front other::halves, }
    an_inline_flow: { linear[unordered[volume, halves], boot] }
    what_an_inline_flow_hands_out: { -> (server, volume) unordered[boot, volume] }
    nothing_is_handed_out: { -> () unordered[boot, volume] }
    an_inline_flow_with_settings: { #[flow(on_failure = keep, crate = ::flows)] linear[boot] }
    inline_groups: {
        linear[
            match plan { Plan::A => boot, _ => [] },
            map(size in sizes, limit = jobs)[boot as each] as all,
            try[volume(size = spec.size)] as tried,
        ]
    }
    an_inline_flow_of_flows: { linear[Local, Child as second] }
}

refused! {
    inline_fields: { { size: u64 } linear[boot] } =>
        "a flow without a struct has no fields: what its tasks need are the variables of these names; remove them, or write `struct Name { … }`";
    an_inline_output_with_a_type: { -> server: String boot } =>
        "a flow without a struct hands out symbols, and their types are inferred; write `-> name`, `-> (first, second)` or `-> ()`";
    an_inline_output_that_is_a_type: { -> Vec<u8> boot } =>
        "a flow without a struct hands out symbols, and their types are inferred; write `-> name`, `-> (first, second)` or `-> ()`";
}

refused! {
    provided_later_inline: { linear[boot, attach, volume] } =>
        "task `attach` needs `volume`, which `volume` provides only after it; move `volume` to before `attach`, or use a `graph`";
    provided_by_itself_inline: { boot as size } =>
        "task `boot` needs `size`, which only it provides itself; add a variable of another name and bind it, or rename the result with `as`";
    a_result_that_is_none_inline: { linear[note, say] } =>
        "task `say` needs `note`, and `note` provides nothing; return the value there, instead of `()`";
    an_unclear_inline_output: { unordered[boot, volume] } =>
        "the last result of the flow is not one symbol; pick with `-> name`, `-> (first, second)` or, for none, `-> ()`\navailable: server, volume";
    an_unknown_inline_output: { -> servr boot } =>
        "nothing provides `servr`; did you mean `server`?\navailable: server";
    a_variable_as_output: { -> size boot } =>
        "`size` is a variable, which is no result; hand out what a task provides\navailable: server";
    an_inline_output_twice: { -> (server, server) boot } =>
        "`server` is handed out twice; remove one";
    a_name_and_a_version_inline: { #[flow(name = "a", version = 2)] boot } =>
        "a flow without a struct has this from a method; write `flow![…].named(\"…\")`",
        "a flow without a struct has this from a method; write `flow![…].version(…)`";
    local_inline: { #[flow(local)] boot } =>
        "a flow without a struct is run by any engine that its variables and results allow; remove `local`";
    a_foreign_attribute_inline: { #[allow(unused)] boot } =>
        "a flow without a struct has no attribute but `#[flow(…)]`; remove it";
    an_inline_flow_without_a_pattern: { -> server } =>
        "the flow has no pattern; write one, such as `linear[first, second]`";
    two_inline_patterns: { linear[boot] linear[volume] } =>
        "a flow has one pattern; put several tasks in a `linear[first, second]`";
}

// The form.
refused! {
    an_empty_macro: {} =>
        "`flow!` is empty; write a struct and a pattern: `struct Name { input: Type } -> Output linear[task]`";
    no_pattern: { struct A { size: u64 } } =>
        "flow `A` has no pattern; write one after the struct, such as `linear[first, second]`";
    two_patterns: { struct A { size: u64 } linear[boot] linear[volume] } =>
        "a flow has one pattern; put several tasks in a `linear[first, second]`";
    a_pattern_in_parentheses: { struct A { size: u64 } linear(boot, volume) } =>
        "a pattern has brackets; write `linear[…]`";
    a_pattern_in_angles: { struct A { size: u64 } linear<boot, unordered<volume>> } =>
        "a pattern has brackets; write `linear[…]`";
    a_semicolon_between_tasks: { struct A { size: u64 } linear[boot; volume; start] } =>
        "expected `,` between two items of a pattern";
    a_pattern_in_braces: { struct A { size: u64 } linear[boot, unordered { volume }] } =>
        "a pattern has brackets; write `unordered[…]`";
    an_unknown_pattern: { struct A { size: u64 } sequence[boot] } =>
        "unknown pattern `sequence`; use `linear`, `unordered` or `graph`";
    an_unknown_pattern_with_settings: { struct A { size: u64 } linear[often(n = 3)[boot]] } =>
        "unknown pattern `often`; use `linear`, `unordered` or `graph`";
    a_task_named_like_a_step: { struct A { size: u64 } linear[sleep(size = 1)] } =>
        "`sleep` takes a time; write `sleep(\"1m\")` or `sleep(pause)`, or `self::sleep` for a task of this name";
    missing_commas: { struct A { size: u64 } linear[boot volume attach] } =>
        "expected `,` between two items of a pattern";
    no_task: { struct A { size: u64 } linear[boot, 3, volume] } =>
        "expected a task or a pattern: `task`, `linear[…]`, `unordered[…]` or `graph[…]`";
    a_group_with_a_name: { struct A { size: u64 } linear[unordered[boot, volume] as x] } =>
        "`as` names a task or a flow; a group has no name";
    an_edge_outside_of_a_graph: { struct A { size: u64 } linear[boot, boot -> volume, volume] } =>
        "`->` orders the tasks of a `graph`; use a `graph` here, or remove it";
    no_binding: { struct A { size: u64 } linear[boot(size)] } =>
        "parentheses bind parameters; write `parameter = symbol`";
    a_computed_binding: { struct A { size: u64 } linear[boot(size = size + 1)] } =>
        "a binding takes a symbol, a field such as `order.item`, a literal or `const PATH`; compute other values in a task";
    a_constant_without_const: { struct A {} linear[boot(size = limits::SIZE)] } =>
        "a binding takes a symbol, a field such as `order.item`, a literal or `const PATH`; for a constant write `const limits::SIZE`";
    type_parameters: { struct A<T> { size: T } linear[boot] } =>
        "a flow has no type parameters, for its runs are stored; write the types that it is for";
    two_lifetimes: { struct A<'a, 'b> { size: u64, #[resource] p: &'a P } linear[boot, start] } =>
        "a flow has one lifetime; borrow all resources for `'a`";
    an_unknown_setting: { #[flow(nme = "a")] struct A { size: u64 } linear[boot] } =>
        "`#[flow]` has no such setting; it knows `name`, `version`, `on_failure`, `local` and `crate`";
    a_setting_twice: { #[flow(local, local)] struct A { size: u64 } linear[boot] } =>
        "`local` is set twice; remove one";
    an_unknown_on_failure: { #[flow(on_failure = stop)] struct A { size: u64 } linear[boot] } =>
        "`on_failure` is `revert` or `keep`; write one of them";
    several_mistakes_of_form: { struct A { size: u64 } linear[retry[boot], sequence[volume], boot(size)] } =>
        "`retry` has a setting; write `retry(times = 3)[…]`",
        "unknown pattern `sequence`; use `linear`, `unordered` or `graph`",
        "parentheses bind parameters; write `parameter = symbol`";
}

// The struct.
refused! {
    an_empty_name: { #[flow(name = "")] struct A { size: u64 } boot } =>
        "the name of a flow has 1 to 64 bytes, and this one has 0; choose another";
    a_version_that_is_too_large: { #[flow(version = 4294967296)] struct A { size: u64 } boot } =>
        "the version of a flow is a `u32`; write a number up to 4294967295";
    a_field_twice: { struct A { size: u64, size: u8 } boot } =>
        "`size` is declared twice; rename or remove one";
    a_conditional_field: { struct A { #[cfg(unix)] size: u64 } boot } =>
        "a field of a flow is there in every build, as its runs are stored; put the `cfg` on the flow";
    a_borrowed_input: { struct A<'a> { size: &'a u64 } boot } =>
        "input `size` borrows, and inputs are stored; own the data, or mark it `#[resource]`";
    an_input_with_a_lifetime: { struct A<'a> { size: Cow<'a, u64> } boot } =>
        "input `size` borrows, and inputs are stored; own the data, or mark it `#[resource]`";
    an_exclusive_resource: { struct A<'a> { #[resource] size: &'a mut u64 } boot } =>
        "resource `size` is shared by the tasks; borrow it with `&`, or put it behind a lock";
    a_borrowed_output: { struct A<'a> { #[resource] size: &'a u64 } -> &'a str boot } =>
        "the output borrows, and results are stored; hand out owned data";
    an_empty_group: { struct A { size: u64 } linear[boot, unordered[]] } =>
        "`unordered` is empty; list at least one task, or remove it";
    nothing_but_an_empty_group: { struct A { size: u64 } linear[] } =>
        "`linear` is empty; list at least one task, or remove it";
}

// What tasks need and provide.
refused! {
    nothing_provides_it: { struct A { size: u64 } linear[boot, attach] } =>
        "task `attach` needs `volume`, which nothing before it provides; add a task that provides it, or an input `volume`\navailable here: size, server";
    nothing_is_there: { struct A {} boot } =>
        "task `boot` needs `size`, which nothing before it provides; add a task that provides it, or an input `size`\navailable here: nothing";
    almost_there: { struct A { sise: u64 } boot } =>
        "task `boot` needs `size`, which nothing before it provides; did you mean `sise`? then write `boot(size = sise)`\navailable here: sise";
    almost_bound: { struct A { length: u64 } boot(size = lenght) } =>
        "task `boot` needs `lenght`, which nothing before it provides; did you mean `length`?\navailable here: length";
    a_constant_as_a_symbol: { struct A {} boot(size = SIZE) } =>
        "task `boot` needs `SIZE`, which nothing before it provides; for a constant write `const SIZE`\navailable here: nothing";
    provided_later: { struct A { size: u64 } linear[boot, attach, volume] } =>
        "task `attach` needs `volume`, which `volume` provides only after it; move `volume` to before `attach`, or use a `graph`";
    provided_by_a_sibling: { struct A { size: u64 } linear[boot, unordered[attach, volume]] } =>
        "task `attach` needs `volume`, which its unordered sibling `volume` provides; put them in a `linear[volume, attach]` or a `graph`";
    provided_by_itself: { struct A {} linear[boot as size] } =>
        "task `boot` needs `size`, which only it provides itself; add an input of another name and bind it, or rename the result with `as`";
    a_flow_needs_it: { struct A { size: u64 } Child } =>
        "flow `Child` needs `pool`, which nothing before it provides; add a task that provides it, or an input `pool`\navailable here: size";
    several_mistakes: { struct A { size: u64 } linear[attach, volume(sice = size)] } =>
        "task `attach` needs `server`, which nothing before it provides; add a task that provides it, or an input `server`\navailable here: size",
        "task `attach` needs `volume`, which `volume` provides only after it; move `volume` to before `attach`, or use a `graph`",
        "task `volume` has no parameter `sice`; did you mean `size`?";
    an_unknown_parameter: { struct A { size: u64 } boot(count = 1) } =>
        "task `boot` has no parameter `count`; it has: size";
    a_parameter_of_a_task_without: { struct A {} start(count = 1) } =>
        "task `start` has no parameter `count`; it has none at all; remove the binding";
    an_unknown_field: { struct A { size: u64, #[resource] pool: P } Child(count = 1) } =>
        "flow `Child` has no field `count`; it has: size, pool";
    a_parameter_bound_twice: { struct A {} boot(size = 1, size = 2) } =>
        "`size` is bound twice; remove one";
    a_bound_context: { struct A { size: u64 } linear[boot, volume, attach(ctx = size)] } =>
        "`ctx` is the context of the run, which needs no binding; remove it";
    the_same_task_twice: { struct A { size: u64 } linear[boot, boot] } =>
        "task `boot` is here for the second time; give it another name with `boot as …`";
    two_atoms_of_one_name: { struct A { size: u64 } linear[boot, volume as boot] } =>
        "two atoms of the flow are named `boot`; give this one another name with `as`";
    two_providers: { struct A { size: u64 } linear[boot as volume_, boot as server, volume as server_, boot as server__, start as volume_] } =>
        "two atoms of the flow are named `volume_`; give this one another name with `as`";
    a_symbol_twice: { struct A { size: u64 } linear[boot, volume as server] } =>
        "task `volume` provides `server`, which `boot` provides already; rename this one with `volume as …`";
    several_symbols_twice: { struct A { text: String } linear[halves, other::halves as more] } =>
        "task `halves` provides `front`, which `halves` provides already; `as` renames one symbol only, so put one of them in a flow of its own",
        "task `halves` provides `back`, which `halves` provides already; `as` renames one symbol only, so put one of them in a flow of its own";
    a_hidden_input: { struct A { size: u64, server: u64 } linear[boot, volume(size = server)] } =>
        "task `boot` provides `server`, which would hide the input `server`; rename the result with `boot as …`, or rename the input";
    a_hidden_resource: { struct A { text: String, #[resource] front: u64 } linear[halves] } =>
        "task `halves` provides `front`, which would hide the resource `front`; rename the resource";
    an_async_task: { struct A {} wait } =>
        "task `wait` is `async`, which flows do not yet support; make it a plain `fn`";
    a_local_flow: { struct A { size: u64, #[resource] pool: P } Local } =>
        "flow `Local` is local and stays on one thread; mark `A` with `#[flow(local)]` too";
}

// Graphs and outputs.
refused! {
    a_result_that_is_none: { struct A { size: u64 } linear[note, say] } =>
        "task `say` needs `note`, and `note` provides nothing; return the value there, instead of `()`";
    a_cycle: { struct A {} graph[ping, pong] } =>
        "tasks wait for each other: `ping` -> `pong` (which reads `ping`) -> `ping` (which reads `pong`); remove one of these dependencies";
    a_cycle_by_an_edge: { struct A { pong: u64 } graph[start, ping, pong(ping = ping) as done, done -> start, start -> ping] } =>
        "tasks wait for each other: `start` -> `ping` (by an explicit edge) -> `done` (which reads `ping`) -> `start` (by an explicit edge); remove one of these dependencies";
    an_edge_to_nothing: { struct A { size: u64 } graph[boot, volume, boot -> volum] } =>
        "this `graph` has no task `volum`; did you mean `volume`?";
    an_edge_to_itself: { struct A { size: u64 } graph[boot, boot -> boot] } =>
        "`boot` cannot wait for itself; remove this edge";
    an_unclear_output: { struct A { size: u64 } -> Vec<u8> unordered[boot, volume] } =>
        "the last result of the flow is not one symbol; pick a symbol with `-> name: Vec<u8>`\navailable: server, volume";
    an_output_behind_the_last_task: { struct A { size: u64 } -> u8 linear[boot, volume, attach] } =>
        "the last result of the flow is not one symbol; pick a symbol with `-> name: u8`\navailable: server, volume";
    an_output_of_nothing: { struct A { server: u64, volume: u64 } -> u8 attach } =>
        "none of the tasks provides anything that the flow could hand out; remove the output";
    an_unknown_output: { struct A { size: u64 } -> servr: String boot } =>
        "nothing provides `servr`; did you mean `server`?\navailable: server";
    an_input_as_output: { struct A { size: u64 } -> size: u64 boot } =>
        "`size` is an input, which is no result; hand out what a task provides\navailable: server";
    an_output_twice: { struct A { size: u64 } -> (server: u8, server: u8) boot } =>
        "`server` is handed out twice; remove one";
    a_flow_within_itself: { struct Child { size: u64, #[resource] pool: P } -> u8 Child } =>
        "flow `Child` contains itself; a flow is made of other flows and tasks";
}

#[test]
fn a_name_that_is_too_long_is_refused() {
    let name = quote::format_ident!("{}", "A".repeat(65));
    assert_eq!(
        messages(&quote!(struct #name { size: u64 } boot)),
        ["the name of a flow has 1 to 64 bytes; give a shorter one with `#[flow(name = \"…\")]`"]
    );
}

#[test]
fn names_become_snake_case() {
    for (name, snake) in [
        ("Checkout", "checkout"),
        ("CheckoutFlow", "checkout_flow"),
        ("HTTPServer", "http_server"),
        ("Step2Do", "step2_do"),
        ("A", "a"),
    ] {
        assert_eq!(super::tree::snake(&quote::format_ident!("{name}")), snake);
    }
}
