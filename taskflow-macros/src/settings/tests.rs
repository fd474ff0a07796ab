//! What can be written for a span of time and a wait, and what is said of everything else.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::Parser as _;
use syn::{Expr, LitStr};

use super::{Amount, Backoff, Time, duration_ms};

fn ms(text: &str) -> Result<u64, String> {
    let text = LitStr::new(text, proc_macro2::Span::call_site());
    duration_ms(&text).map_err(|error| error.to_string())
}

#[test]
fn a_span_of_time_is_a_sum_of_units() {
    assert_eq!(ms("250ms"), Ok(250));
    assert_eq!(ms("30s"), Ok(30_000));
    assert_eq!(ms("5m"), Ok(300_000));
    assert_eq!(ms("24h"), Ok(86_400_000));
    assert_eq!(ms("7d"), Ok(604_800_000));
    assert_eq!(ms("1h30m"), Ok(5_400_000));
    assert_eq!(
        ms("1d2h3m4s5ms"),
        Ok(86_400_000 + 7_200_000 + 180_000 + 4_005)
    );
    assert_eq!(ms("0m90s"), Ok(90_000));
}

#[test]
fn what_is_no_span_of_time_is_told_the_units() {
    for wrong in [
        "",
        "30",
        "s",
        "30 s",
        " 30s",
        "30s ",
        "1.5s",
        "-1s",
        "+1s",
        "1s1m",
        "1s1s",
        "30sec",
        "1h,30m",
        "1\u{b5}s",
        "1us",
        "30S",
        "\u{663}s",
        "99999999999999999999s",
        "999999999999999999d",
        "1h30",
    ] {
        let said = ms(wrong).unwrap_err();
        let cure = "is no span of time; write whole numbers with the units `d`, `h`, `m`, `s` and \
                    `ms`, the largest first, such as `\"30s\"` or `\"1h30m\"`";
        assert_eq!(said, format!("`{wrong:?}` {cure}"));
    }
    assert_eq!(
        ms("0h0ms").unwrap_err(),
        "`\"0h0ms\"` is no time at all; write at least `\"1ms\"`, or leave it out"
    );
}

fn place(expr: &Expr) -> TokenStream {
    quote!(place(#expr))
}

fn backoff(tokens: TokenStream) -> Result<String, String> {
    let written = Backoff::parse.parse2(tokens).map(|backoff| {
        let written = backoff.to_tokens(&quote!(tf), &place);
        written.to_string().replace(' ', "")
    });
    written.map_err(|error| error.to_string())
}

#[test]
fn every_backoff_comes_to_one_of_the_library() {
    let is = |tokens, expected: &str| assert_eq!(backoff(tokens).as_deref(), Ok(expected));
    is(quote!(none), "tf::Backoff::NONE");
    is(quote!(fixed("1s")), "tf::Backoff::fixed(1000u64)");
    is(
        quote!(fixed("1s", jitter)),
        "tf::Backoff::fixed(1000u64).with_jitter()",
    );
    is(
        quote!(exponential("100ms")),
        "tf::Backoff::exponential(100u64,3600000u64)",
    );
    is(
        quote!(exponential("100ms", max = "10s", jitter,)),
        "tf::Backoff::exponential(100u64,10000u64).with_jitter()",
    );
    is(
        quote!(exponential(spec.pause, jitter, max = const limits::MAX)),
        "tf::Backoff::exponential(tf::millis(place(spec.pause)),tf::millis(limits::MAX))\
         .with_jitter()",
    );
}

#[test]
fn every_mistake_in_a_backoff_has_its_cure() {
    let says = |tokens, expected: &str| assert_eq!(backoff(tokens).unwrap_err(), expected);
    let kinds = "`backoff` is `none`, `fixed(\"1s\")` or `exponential(\"100ms\", max = \"10s\")`, \
                 the last two perhaps with `jitter`; write one of the three";
    for wrong in [
        quote!(linear("1s")),
        quote!(fixed),
        quote!(none()),
        quote!("1s"),
        quote!(),
    ] {
        says(wrong, kinds);
    }
    says(
        quote!(fixed()),
        "`fixed` has no wait; write `fixed(\"1s\")`",
    );
    says(
        quote!(fixed("1s", max = "2s")),
        "`fixed` knows no such setting; write `jitter`, or nothing",
    );
    says(
        quote!(exponential("1s", "2s")),
        "`exponential` knows no such setting; write `max = \"10s\"` or `jitter`, or nothing",
    );
    says(
        quote!(exponential("1s", jitter, jitter)),
        "`jitter` is given twice; remove one of the two",
    );
    says(
        quote!(exponential("2s", max = "1s")),
        "the longest wait is shorter than the first one; make `max` longer",
    );
    says(
        quote!(exponential("2h")),
        "no wait is longer than an hour where nothing else is said, and this one is; give it a `max`",
    );
    says(
        quote!(fixed(1)),
        "a span of time is a text with its units; write one such as `\"30s\"` or `\"1h30m\"`, or \
         name a constant of the type `Duration`",
    );
}

#[test]
fn a_number_is_a_literal_or_named() {
    let count = |tokens| {
        let count = |input: syn::parse::ParseStream<'_>| Amount::count("times", input);
        let count = count
            .parse2(tokens)
            .map(|count| count.to_tokens(&place).to_string());
        count.map_err(|error| error.to_string())
    };
    assert_eq!(count(quote!(3)).as_deref(), Ok("3u32"));
    assert_eq!(count(quote!(3u32)).as_deref(), Ok("3u32"));
    assert_eq!(count(quote!(const TRIES)).as_deref(), Ok("TRIES"));
    assert_eq!(count(quote!(TRIES)).as_deref(), Ok("place (TRIES)"));
    for wrong in [
        quote!(0),
        quote!(-1),
        quote!(3u8),
        quote!(1.5),
        quote!("3"),
        quote!(1 + 2),
    ] {
        assert_eq!(
            count(wrong).unwrap_err(),
            "`times` is a whole number from 1 to 4294967295; write `times = 3`, or name a constant \
             that holds it"
        );
    }
    let priority = |tokens| {
        let priority = Amount::priority.parse2(tokens);
        priority.map(|number| number.known().copied())
    };
    assert_eq!(priority(quote!(-32768)).unwrap(), Some(-32768));
    assert_eq!(priority(quote!(7i16)).unwrap(), Some(7));
    assert_eq!(priority(quote!(limits::FIRST)).unwrap(), None);
    assert!(priority(quote!(32768)).is_err());
    assert!(priority(quote!(--1)).is_err());
}

#[test]
fn a_span_of_time_points_to_where_it_stands() {
    let time = Time::time.parse2(quote!(const a::B)).unwrap();
    assert_eq!(time.known(), None);
    assert_eq!(
        time.millis(&quote!(tf), &place)
            .to_string()
            .replace(' ', ""),
        "tf::millis(a::B)"
    );
}
