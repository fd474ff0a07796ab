//! Every message of `#[task]`, and what is left to a flow beside it.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

use super::expand;

/// The texts of the errors in an expansion, in order.
fn errors(expanded: TokenStream) -> Vec<String> {
    let tokens: Vec<TokenTree> = expanded.into_iter().collect();
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

/// Expands a task with one mistake and gives the message.
fn error(settings: TokenStream, item: &TokenStream) -> String {
    let expanded = expand(settings, item.clone());
    let starts_with_item = expanded.to_string().starts_with(&item.to_string());
    assert!(starts_with_item, "the function stays as it is: {expanded}");
    let [error] = <[String; 1]>::try_from(errors(expanded)).expect("one mistake is one message");
    error
}

/// Expands a task without a mistake and gives the signature in its companion.
fn signature(settings: TokenStream, item: TokenStream) -> String {
    let expanded = expand(settings, item);
    assert_eq!(errors(expanded.clone()), [""; 0]);
    let text = expanded.to_string();
    let (_, rest) = text.split_once("{ task ").expect("there is a signature");
    let (signature, _) = rest.split_once('}').expect("the signature ends");
    let (name, rest) = signature.split_once(" key ").expect("there is a number");
    let (_, rest) = rest.split_once("u64 ").expect("the number has a type");
    format!("{name} {}", rest.trim())
}

macro_rules! refused {
    ($($name:ident: [$($settings:tt)*] { $($item:tt)* } => $text:literal)*) => {
        $(
            #[test]
            fn $name() {
                assert_eq!(error(quote!($($settings)*), &quote!($($item)*)), $text);
            }
        )*
    };
}

refused! {
    a_struct: [] { pub struct Order; }
        => "`#[task]` is for functions; put it on a free `fn`"
    an_impl: [] { impl Order { fn f() {} } }
        => "`#[task]` is for functions; put it on a free `fn`"
    a_method: [] { fn price(&self) -> u64 { 1 } }
        => "a task cannot take `self`; write a free function that takes `&T` as an ordinary parameter"
    a_function_of_a_trait: [] { fn price(order: &Order) -> u64; }
        => "`price` has no body; write the task as a free function"
    an_async_function: [] { async fn price() -> u64 { 1 } }
        => "`async fn` tasks are not yet supported; write a `fn` that returns when the work is done"
    an_unsafe_function: [] { unsafe fn price() -> u64 { 1 } }
        => "a task cannot be `unsafe`, because a flow vouches for nothing; write a safe function around it, and make that the task"
    a_variadic_function: [] { extern "C" fn price(a: u8, ...) -> u64 { 1 } }
        => "a task has a fixed number of parameters; remove `...`"
    an_exclusive_reference: [] { fn price(order: &mut Order) -> u64 { 1 } }
        => "`price` takes `&mut`, but tasks share what they read; take `&T`, and return the new value"
    an_optional_exclusive_reference: [] { fn price(order: Option<&mut Order>) -> u64 { 1 } }
        => "`price` takes `&mut`, but tasks share what they read; take `&T`, and return the new value"
    a_parameter_without_name: [] { fn price(_: &Order) -> u64 { 1 } }
        => "the name of a parameter is the symbol that `price` requires, and this one has none; give the parameter a name, and take it apart in the body"
    a_parameter_taken_apart: [] { fn price((a, b): (u8, u8)) -> u64 { 1 } }
        => "the name of a parameter is the symbol that `price` requires, and this one has none; give the parameter a name, and take it apart in the body"
    a_name_that_is_no_symbol: [] { fn price(_1: u8) -> u64 { 1 } }
        => "`_1` is no symbol without its `_`; give the parameter another name"
    a_parameter_named_twice: [] { fn price(order: u8, _order: u8) -> u64 { 1 } }
        => "`price` requires `order` twice; rename one of the two parameters"
    a_configured_parameter: [] { fn price(#[cfg(unix)] order: u8) -> u64 { 1 } }
        => "`#[cfg]` on a parameter is nothing that a flow can see; write a task for each case, and put the `#[cfg]` on the tasks"
    a_task_that_never_returns: [] { fn price() -> ! { loop {} } }
        => "`price` never returns; return what it provides, or `()`"
    a_result_that_borrows: [] { fn price(order: &Order) -> Result<(u8, &str), Error> { f() } }
        => "what `price` returns borrows, but it is kept after the call; return an owned value, such as a `String` for a `&str`"
    a_result_with_a_lifetime: [] { fn price<'a>(order: &'a Order) -> Price<'a> { f() } }
        => "what `price` returns borrows, but it is kept after the call; return an owned value, such as a `String` for a `&str`"
    a_result_with_an_elided_lifetime: [] { fn price(order: &Order) -> Vec<Cow<'_, str>> { f() } }
        => "what `price` returns borrows, but it is kept after the call; return an owned value, such as a `String` for a `&str`"
    a_result_with_a_bounded_object: [] { fn price<'a>(order: &'a Order) -> Box<dyn Price + 'a> { f() } }
        => "what `price` returns borrows, but it is kept after the call; return an owned value, such as a `String` for a `&str`"
    a_static_result: [] { fn price() -> &'static str { "" } }
        => "what `price` returns is stored, and cannot be read again as a reference; return an owned value, or mark the task `transient`"

    an_unknown_setting: [provide = a] { fn price() -> u64 { 1 } }
        => "`#[task]` knows no `provide`; write one of `provides`, `revert`, `on_unknown`, `retry`, `timeout`, `priority`, `transient`, `irreversible` and `crate`"
    a_setting_of_the_future: [migrate = convert] { fn price() -> u64 { 1 } }
        => "`migrate` is not yet supported; remove it"
    a_setting_given_twice: [provides = a, provides = b] { fn price() -> u64 { 1 } }
        => "`provides` is given twice; remove one of the two"
    an_unfinished_setting: [transient, provides = ] { fn price() -> u64 { 1 } }
        => "unexpected end of input, expected an expression"
    provides_without_a_name: [provides] { fn price() -> u64 { 1 } }
        => "`provides` is a name, or one for each field of a tuple; write `provides = payment`, or `provides = (payment, receipt)`"
    provides_of_a_text: [provides = "a"] { fn price() -> u64 { 1 } }
        => "`provides` is a name, or one for each field of a tuple; write `provides = payment`, or `provides = (payment, receipt)`"
    provides_of_nothing: [provides = ()] { fn price() -> u64 { 1 } }
        => "`provides` is a name, or one for each field of a tuple; write `provides = payment`, or `provides = (payment, receipt)`"
    a_flag_with_a_value: [transient = true] { fn price() -> u64 { 1 } }
        => "`transient` has no value; write the word alone, or leave it out"
    an_unknown_choice: [on_unknown = retry] { fn price() -> u64 { 1 } }
        => "`on_unknown` is one of four words; write `on_unknown = rerun`, `revert`, `ask` or `skip`"
    a_crate_that_is_relative: [crate = super::taskflow] { fn price() -> u64 { 1 } }
        => "`crate` is a path that means the library everywhere; write `crate = ::name`, or `crate = crate::name`"

    a_retry_alone: [retry] { fn price() -> u64 { 1 } }
        => "`retry` has settings of its own; write `retry(times = 3)`, for 3 attempts in all"
    a_retry_of_a_number: [retry = 3] { fn price() -> u64 { 1 } }
        => "`retry` has settings of its own; write `retry(times = 3)`, for 3 attempts in all"
    a_retry_with_a_number: [retry(3)] { fn price() -> u64 { 1 } }
        => "`retry` has settings, and this is none; write one of `times`, `backoff` and `if`"
    a_retry_without_times: [retry(backoff = fixed("1s"))] { fn price() -> u64 { 1 } }
        => "`retry` does not say how often; write `retry(times = 3)`, for 3 attempts in all"
    a_retry_of_nothing: [retry()] { fn price() -> u64 { 1 } }
        => "`retry` does not say how often; write `retry(times = 3)`, for 3 attempts in all"
    an_unknown_setting_of_a_retry: [retry(times = 3, delay = "1s")] { fn price() -> u64 { 1 } }
        => "`retry` knows no `delay`; write one of `times`, `backoff` and `if`"
    a_retry_over_values: [retry(mirror in mirrors)] { fn price() -> u64 { 1 } }
        => "`retry` knows no `mirror`; write one of `times`, `backoff` and `if`"
    a_setting_of_a_retry_given_twice: [retry(times = 3, times = 4)] { fn price() -> u64 { 1 } }
        => "`times` is given twice; remove one of the two"
    a_setting_of_a_retry_without_a_value: [retry(times, backoff = none)] { fn price() -> u64 { 1 } }
        => "`times` has no value; write `times = 3`"
    an_unfinished_setting_of_a_retry: [retry(times = 3, if =)] { fn price() -> io::Result<u64> { Ok(1) } }
        => "`if` has no value; write `if = Error::is_transient`"
    settings_of_a_retry_without_a_comma: [retry(times = 3 backoff = none)] { fn price() -> u64 { 1 } }
        => "expected `,`"
    no_attempt: [retry(times = 0)] { fn price() -> u64 { 1 } }
        => "`times` is a whole number from 1 to 4294967295; write `times = 3`, or name a constant that holds it"
    a_backoff_of_another_kind: [retry(times = 3, backoff = linear("1s"))] { fn price() -> u64 { 1 } }
        => "`backoff` is `none`, `fixed(\"1s\")` or `exponential(\"100ms\", max = \"10s\")`, the last two perhaps with `jitter`; write one of the three"
    a_condition_that_is_a_closure: [retry(times = 3, if = |error| true)] { fn price() -> io::Result<u64> { Ok(1) } }
        => "`if` is the path of a function that takes the error by reference and returns a `bool`; write `if = Error::is_transient`"
    a_condition_without_an_error: [retry(times = 3, if = is_transient)] { fn price() -> u64 { 1 } }
        => "`if` is asked about an error, and `price` returns none; return a `Result`, or remove `if`"
    a_condition_of_unit: [retry(times = 3, if = is_transient)] { fn note() {} }
        => "`if` is asked about an error, and `note` returns none; return a `Result`, or remove `if`"
    a_condition_of_a_tuple: [retry(times = 3, if = is_transient)] { fn price() -> (Cents, Tax) { f() } }
        => "`if` is asked about an error, and `price` returns none; return a `Result`, or remove `if`"
    a_condition_of_an_opaque_result: [transient, retry(times = 3, if = is_transient)]
        { fn price() -> io::Result<impl Read> { f() } }
        => "`if` needs the type of the error that `price` returns, and `impl` hides it; write the return type out"
    a_timeout_without_a_value: [timeout] { fn price() -> u64 { 1 } }
        => "`timeout` is a span of time; write `timeout = \"30s\"`"
    a_timeout_in_parentheses: [timeout("30s")] { fn price() -> u64 { 1 } }
        => "`timeout` is a span of time; write `timeout = \"30s\"`"
    a_timeout_without_a_unit: [timeout = 30] { fn price() -> u64 { 1 } }
        => "a span of time is a text with its units; write one such as `\"30s\"` or `\"1h30m\"`, or name a constant of the type `Duration`"
    a_timeout_of_another_unit: [timeout = "30sec"] { fn price() -> u64 { 1 } }
        => "`\"30sec\"` is no span of time; write whole numbers with the units `d`, `h`, `m`, `s` and `ms`, the largest first, such as `\"30s\"` or `\"1h30m\"`"
    a_timeout_of_no_time: [timeout = "0s"] { fn price() -> u64 { 1 } }
        => "`\"0s\"` is no time at all; write at least `\"1ms\"`, or leave it out"
    a_priority_without_a_value: [priority(5)] { fn price() -> u64 { 1 } }
        => "`priority` is a number; write `priority = 5`"
    a_priority_that_is_too_great: [priority = 40000] { fn price() -> u64 { 1 } }
        => "`priority` is a whole number from -32768 to 32767; write `priority = 5`, or name a constant that holds it"
    a_priority_in_words: [priority = "high"] { fn price() -> u64 { 1 } }
        => "`priority` is a whole number from -32768 to 32767; write `priority = 5`, or name a constant that holds it"

    provides_of_unit: [provides = done] { fn note() {} }
        => "`note` returns `()`, which provides nothing; return a value, or remove `provides`"
    provides_of_a_unit_result: [provides = done] { fn note() -> Result<(), Error> { Ok(()) } }
        => "`note` returns `()`, which provides nothing; return a value, or remove `provides`"
    provides_the_same_twice: [provides = (a, a)] { fn price() -> (u8, u8) { (1, 1) } }
        => "`price` provides `a` twice; rename one of the two"
    provides_too_many: [provides = (a, b, c)] { fn price() -> Result<(u8, u8), Error> { Ok((1, 1)) } }
        => "`price` returns a tuple of 2, and `provides` names 3; give each field one name"
    provides_several_of_one: [provides = (a, b)] { fn price() -> u64 { 1 } }
        => "`price` provides a symbol for each field of a tuple, and this is none; return a tuple, or provide one name"

    a_revert_that_is_a_method: [revert = gateway.refund()] { fn charge(gateway: &Gateway) -> u64 { 1 } }
        => "`revert` is a plain call of a function; write `revert = refund(gateway, payment)`, or `revert = Type::method(value)` for a method"
    a_revert_that_is_a_name: [revert = refund, on_unknown = revert] { fn charge() -> u64 { 1 } }
        => "`revert` is a plain call of a function; write `revert = refund(gateway, payment)`, or `revert = Type::method(value)` for a method"
    a_revert_of_something_else: [provides = payment, revert = refund(gateway, order, LIMIT)]
        { fn charge(gateway: &Gateway, price: u64) -> u64 { 1 } }
        => "the revert names `order`, which is neither a parameter of `charge` nor what it provides; it can name: gateway, price, payment, outcome"
    a_revert_of_what_is_not_provided: [revert = refund(&note)] { fn note(text: &str) {} }
        => "the revert names `note`, which is neither a parameter of `note` nor what it provides; it can name: text, outcome"
    a_revert_of_value_and_outcome: [revert = refund(charge, outcome)] { fn charge() -> u64 { 1 } }
        => "the revert names both `outcome` and `charge`, but a task that failed has no `charge`; name `outcome` alone, which holds the value where there is one"
    a_revert_of_an_opaque_value: [revert = refund(charge)] { fn charge() -> impl Serialize { 1 } }
        => "the revert of `charge` needs the type of what the task returns, which `impl` hides; write the type out"
    unknown_reverted_without_revert: [on_unknown = revert] { fn charge() -> u64 { 1 } }
        => "`on_unknown = revert` reverts a task of which nobody knows what it did, but `charge` has no revert that names `outcome`; give it one, or choose another word"
    unknown_reverted_without_outcome: [on_unknown = revert, revert = refund(charge)] { fn charge() -> u64 { 1 } }
        => "`on_unknown = revert` reverts a task of which nobody knows what it did, but `charge` has no revert that names `outcome`; give it one, or choose another word"
    skipping_a_value: [on_unknown = skip] { fn charge() -> u64 { 1 } }
        => "`on_unknown = skip` is for tasks that provide nothing, and `charge` provides `charge`; choose another word"
    skipping_a_hidden_value: [on_unknown = skip] { fn charge() -> fmt::Result { Ok(()) } }
        => "`on_unknown = skip` is for tasks that provide nothing, and `charge` provides `charge`; choose another word, or write `Result<(), E>` out if that is what it returns"
    skipping_what_is_reverted: [on_unknown = skip, revert = unsend(text)] { fn send(text: &str) {} }
        => "`on_unknown = skip` counts a task as done of which nobody knows what it did, but the revert of `send` does not name `outcome`; let it, or choose another word"
    skipping_what_is_transient: [on_unknown = skip, transient] { fn send(text: &str) {} }
        => "`on_unknown = skip` runs `send` at most once, and `transient` runs it whenever it is needed; remove one of the two"
    asking_about_what_is_transient: [transient, on_unknown = ask] { fn connect() -> u64 { 1 } }
        => "`on_unknown = ask` asks a person before `connect` runs once more, and `transient` runs it whenever it is needed; remove one of the two"
    what_is_transient_and_irreversible: [transient, irreversible] { fn connect() -> u64 { 1 } }
        => "what an `irreversible` task has done stays, and `transient` runs `connect` whenever it is needed; remove one of the two"
    reverting_what_is_transient: [transient, revert = refund(charge)] { fn charge() -> u64 { 1 } }
        => "`charge` is `transient`, and a task that is not stored cannot be undone; remove `revert` or `transient`"
    reverting_what_is_irreversible: [irreversible, revert = refund(charge)] { fn charge() -> u64 { 1 } }
        => "`charge` is `irreversible`, so its success is never undone; remove `revert` or `irreversible`, or let the revert name `outcome`"
}

macro_rules! described {
    ($($name:ident: [$($settings:tt)*] { $($item:tt)* } => $($signature:literal)+)*) => {
        $(
            #[test]
            fn $name() {
                assert_eq!(
                    signature(quote!($($settings)*), quote!($($item)*)),
                    concat!($($signature),+),
                );
            }
        )*
    };
}

described! {
    nothing_is_provided_by_unit: [] { fn note(text: &str) {} }
        => "note flags [] params [(text ref)] provides none reverts never revert [] on_unknown rerun"
    nothing_is_provided_by_a_unit_result: [] { fn note() -> io::Result<()> { Ok(()) } }
        => "note flags [] params [] provides none reverts never revert [] on_unknown rerun"
    an_alias_provides_the_function_s_name: [] { fn note() -> fmt::Result { Ok(()) } }
        => "note flags [] params [] provides one note reverts never revert [] on_unknown rerun"
    raw_names_lose_their_prefix: [provides = r#fn] { fn r#match(r#type: u8, _self_: u8) -> u8 { 1 } }
        => "match flags [] params [(type val) (self_ val)] provides one fn "
           "reverts never revert [] on_unknown rerun"
    a_static_error_is_no_borrow: [] { fn price() -> Result<u8, &'static str> { Ok(1) } }
        => "price flags [] params [] provides one price reverts never revert [] on_unknown rerun"
    a_static_value_can_be_transient: [transient] { fn price() -> &'static str { "" } }
        => "price flags [transient] params [] provides one price "
           "reverts never revert [] on_unknown rerun"
    a_function_pointer_is_no_borrow: [transient] { fn price() -> Box<dyn Fn(&str) -> u8> { f() } }
        => "price flags [transient] params [] provides one price "
           "reverts never revert [] on_unknown rerun"
    an_alias_may_hide_a_tuple: [provides = (a, b)] { fn price() -> Pair { f() } }
        => "price flags [] params [] provides many [a b] reverts never revert [] on_unknown rerun"
    a_revert_takes_what_it_names: [revert = refund(b, price.outcome, Order { d: 1 }, d::e, f!(a), 1..c, g != 1)]
        { fn price(a: u8, b: &dyn B, c: u8, d: u8, outcome: u8, _f: u8, g: u8) -> u8 { 1 } }
        => "price flags [] params [(a val) (b dyn) (c val) (d val) (outcome val) (f val) (g val)] "
           "provides one price reverts done revert [(a val) (b dyn) (c val) (g val)] on_unknown rerun"
    a_revert_takes_what_it_formats: [revert = refund(&format!("{a} {{b}} {c:?} {}", 'd'), "{e}")]
        { fn price(a: u8, b: u8, c: u8, d: u8, e: u8) -> u8 { 1 } }
        => "price flags [] params [(a val) (b val) (c val) (d val) (e val)] "
           "provides one price reverts done revert [(a val) (c val)] on_unknown rerun"
    a_parameter_may_be_named_outcome: [revert = refund(outcome)] { fn price(outcome: &str) -> u8 { 1 } }
        => "price flags [] params [(outcome ref)] provides one price "
           "reverts done revert [(outcome ref)] on_unknown rerun"
    a_generic_revert_takes_everything: [revert = refund(outcome), on_unknown = ask]
        { fn price(a: impl Clone, _b: &str, ctx: &taskflow::TaskContext) {} }
        => "price flags [generic] params [(a val) (b ref) (ctx ctx)] provides none "
           "reverts any revert [(a val) (b ref) (ctx ctx)] on_unknown ask"
    attempts_timeouts_and_priorities_are_no_facts: [retry(times = 3), timeout = "1s", priority = -1] { fn note() {} }
        => "note flags [] params [] provides none reverts never revert [] on_unknown rerun"
    a_condition_is_a_fact: [retry(times = 3, if = Error::is_transient)] { fn note<T>() -> io::Result<T> { f() } }
        => "note flags [generic retry_if] params [] provides one note "
           "reverts never revert [] on_unknown rerun"
}

#[test]
fn every_mistake_is_reported() {
    let expanded = expand(
        quote!(transient = 1, retry(3), revert = x.y()),
        quote!(
            async fn price(_: u8, b: &mut u8) -> &str {}
        ),
    );
    assert_eq!(errors(expanded).len(), 7);
}

#[test]
fn a_mistake_in_the_settings_leaves_the_signature() {
    let expanded = expand(
        quote!(provides = a, revert = x.y(), transient = 1),
        quote!(
            fn price(b: u8) -> u8 {
                b
            }
        ),
    );
    let text = expanded.to_string();
    let signature = "params [(b val)] provides one a reverts never revert []";
    assert!(text.contains(signature), "{text}");
    assert!(text.contains("pub struct __Site"), "{text}");
}

#[test]
fn a_mistake_in_the_function_leaves_a_companion_that_says_so() {
    let expanded = expand(
        TokenStream::new(),
        quote!(
            async fn price(b: u8) -> u8 {
                b
            }
        ),
    );
    let text = expanded.to_string();
    assert!(text.contains("[$ ($ done) * { wrong }]"), "{text}");
    assert!(!text.contains("__Site"), "{text}");
}

#[test]
fn every_mistake_in_a_retry_is_reported() {
    let expanded = expand(
        quote!(retry(times = 0, wait, backoff = fixed(1), times = 2, if = 3, 7)),
        quote!(
            fn price() -> io::Result<u64> {
                Ok(1)
            }
        ),
    );
    assert_eq!(errors(expanded).len(), 6);
}

#[test]
fn a_mistake_in_a_retry_leaves_the_signature() {
    let expanded = expand(
        quote!(retry(times = 0, if = Error::is_transient), timeout = "1s", priority = 1),
        quote!(
            fn price() -> io::Result<u64> {
                Ok(1)
            }
        ),
    );
    let text = expanded.to_string();
    assert!(text.contains("task price key"), "{text}");
    assert!(!text.contains("retry_if"), "{text}");
    assert!(!text.contains("timeout_ms"), "{text}");
}

#[test]
fn two_tasks_that_look_the_same_have_two_numbers() {
    let one = || {
        expand(
            TokenStream::new(),
            quote!(
                fn price() {}
            ),
        )
    };
    assert_ne!(one().to_string(), one().to_string());
}

#[test]
fn what_is_configured_away_takes_everything_with_it() {
    let expanded = expand(
        TokenStream::new(),
        quote!(
            #[cfg(unix)]
            fn price() {}
        ),
    );
    // The function, the site, the companion, and its name.
    assert_eq!(expanded.to_string().matches("cfg (unix)").count(), 4);
}

#[test]
fn only_a_public_task_is_exported() {
    let exported = |vis: TokenStream| {
        let expanded = expand(TokenStream::new(), quote!(#vis fn price() {}));
        expanded.to_string().contains("macro_export")
    };
    assert!(exported(quote!(pub)));
    assert!(!exported(quote!(pub(crate))));
    assert!(!exported(TokenStream::new()));
}

#[test]
fn the_library_is_where_the_user_says() {
    let expanded = |path: TokenStream| {
        expand(
            quote!(crate = #path),
            quote!(
                fn price() {}
            ),
        )
        .to_string()
    };
    for (path, info) in [
        (quote!(::tf), "impl :: tf :: __private :: Info"),
        (quote!(crate::tf), "impl crate :: tf :: __private :: Info"),
    ] {
        let text = expanded(path);
        assert!(text.contains(info), "{text}");
    }
}
