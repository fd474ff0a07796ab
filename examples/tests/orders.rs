//! Runs the service as its clients and its operator do: places orders, stops and kills it, and
//! counts in the end what was reserved, charged, sent and told.

mod program;
mod shop;

#[allow(unreachable_pub, reason = "it is a module of the program")]
#[path = "../orders/client.rs"]
mod client;

use std::process::Command;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use client::Reply;
use serde_json::json;
use shop::{Ground, PROGRAM, json, tea};
use taskflow::RunState;

/// Key, item, pieces and card, and the answer in the end.
type Order = (&'static str, &'static str, u32, &'static str, u16);

/// One of each end.
const ORDERS: [Order; 7] = [
    ("ann", "tea", 2, "visa-1", 201),
    ("bob", "cup", 3, "visa-2", 201),
    ("cem", "cup", 1, "poor-3", 402),
    ("dora", "pot", 11, "visa-4", 422),
    ("eve", "vase", 1, "visa-5", 422),
    ("finn", "tea", 1, "mute-6", 502),
    ("gus", "pot", 1, "visa-7", 201),
];

#[test]
fn an_order_is_sent_and_told_of() {
    let ground = Ground::new();
    let service = ground.serve("");
    let reply = service.place("ann", &tea());
    assert_eq!(reply.status, 201, "{reply:?}");
    assert_eq!(reply.header("Location"), Some("/orders/ann"));
    assert_eq!(reply.body["shipment"]["item"], "tea");
    assert_eq!(reply.body["shipment"]["pieces"], 2);

    let told = service.get("/orders/ann");
    assert_eq!((told.status, &told.body), (200, &reply.body));
    assert_eq!(told.body["state"], "succeeded");
    assert_eq!(service.get("/attention").body, json!([]));
    ground.assert_sent("ann");
    assert_eq!(ground.of("mails", "ann").len(), 1);
    ground.assert_stock_is_whole();
    assert_eq!(ground.runs()[0].version, 2);
    service.kill();
}

#[test]
fn the_same_key_is_the_same_order() {
    let ground = Ground::new();
    let service = ground.serve("");
    let replies: Vec<Reply> = thread::scope(|scope| {
        let clients: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| service.place("ann", &tea())))
            .collect();
        let replies = clients.into_iter().map(|client| client.join().unwrap());
        replies.collect()
    });
    let quoted = service.place("\"ann\"", &tea());
    for reply in replies.iter().chain([&quoted]) {
        assert_eq!(reply.status, 201, "{reply:?}");
        assert_eq!(reply.body, replies[0].body);
    }
    ground.assert_sent("ann");
    assert_eq!(ground.runs().len(), 1);

    let other = service.place("ann", &json("tea", 3, "visa-1"));
    assert_eq!(other.status, 409, "{other:?}");
    assert_eq!(
        other.body["error"],
        "run `ann` was started with other inputs; use another id, or the same inputs"
    );
    service.kill();
    ground.assert_stock_is_whole();
}

#[test]
fn what_cannot_be_is_undone() {
    let ground = Ground::new();
    let service = ground.serve("--call-takes 5ms --wait 20s");
    for (key, item, pieces, card, status, error) in [
        (
            "poor",
            "cup",
            2,
            "poor-1",
            402,
            "the card was declined: there is not enough on it; take another card",
        ),
        (
            "many",
            "pot",
            11,
            "visa-1",
            422,
            "the order cannot be filled: of `pot` there are 10 left; order fewer",
        ),
        (
            "none",
            "car",
            1,
            "visa-1",
            422,
            "the order cannot be filled: there is no `car`; order something else",
        ),
        (
            "broken",
            "vase",
            1,
            "visa-1",
            422,
            "the order cannot be filled: `vase` broke when it was packed; order something else",
        ),
        (
            "mute",
            "cup",
            1,
            "mute-1",
            502,
            "the connection to the gateway broke before the answer came",
        ),
    ] {
        let error = format!("{error}; all of it is undone, order anew with another key");
        // The end is what it was, however often one asks.
        for _ in 0..2 {
            let reply = service.place(key, &json(item, pieces, card));
            assert_eq!(reply.status, status, "{reply:?}");
            assert_eq!(reply.body["error"], error);
            assert_eq!(reply.body["state"], "reverted");
        }
        assert_eq!(service.get(&format!("/orders/{key}")).body["error"], error);
        ground.assert_undone(key);
    }
    assert_eq!(ground.of("payments", "poor").len(), 0);
    assert_eq!(ground.of("payments", "broken").len(), 1);
    assert_eq!(ground.of("payments", "mute").len(), 1);
    ground.assert_stock_is_whole();
    service.kill();
}

#[test]
fn what_is_no_order_is_refused() {
    let ground = Ground::new();
    let service = ground.serve("");
    let ask = |method, path, headers: &[(&str, &str)], body: &str| {
        client::ask(service.address, method, path, headers, body).unwrap()
    };
    let key = |key| [("Idempotency-Key", key)];
    for (reply, status, error) in [
        (
            ask("POST", "/orders", &[], &tea()),
            400,
            "there is no `Idempotency-Key`",
        ),
        (ask("POST", "/orders", &key("a b"), &tea()), 400, "a b"),
        (
            ask("POST", "/orders", &key("a"), "tea"),
            400,
            "this is no order: expected",
        ),
        (
            ask("POST", "/orders", &key("a"), &json("tea", 0, "visa")),
            400,
            "this is no order: invalid value: integer `0`",
        ),
        (
            ask("POST", "/orders", &key("a"), &" ".repeat(100_000)),
            413,
            "a body has 65536 bytes at most",
        ),
        (ask("GET", "/orders", &[], ""), 405, "`POST` only"),
        (ask("DELETE", "/orders/a", &[], ""), 405, "`GET` only"),
        (ask("GET", "/orders/a", &[], ""), 404, "no run `a`"),
        (ask("GET", "/orders/a%20b", &[], ""), 400, "a%20b"),
        (ask("POST", "/orders/a/resume", &[], ""), 404, "no run `a`"),
        (ask("GET", "/", &[], ""), 404, "ask for `/orders`"),
    ] {
        assert_eq!(reply.status, status, "{reply:?}");
        let told = reply.body["error"].as_str().unwrap();
        assert!(told.contains(error), "{told}");
    }
    assert_eq!(ground.runs().len(), 0);
    service.kill();
}

#[test]
fn who_does_not_wait_looks_later() {
    let ground = Ground::new();
    let service = ground.serve("--wait 20ms --call-takes 200ms --max-running 1 --max-queued 0");
    let reply = service.place("ann", &tea());
    assert_eq!(reply.status, 202, "{reply:?}");
    assert_eq!(reply.header("Location"), Some("/orders/ann"));
    assert_eq!(reply.body, json!({ "order": "ann", "state": "running" }));

    // There is room for one.
    let full = service.place("bob", &tea());
    assert_eq!(full.status, 503, "{full:?}");
    assert_eq!(full.header("Retry-After"), Some("5"));
    assert_eq!(service.get("/orders/bob").status, 404);

    service.wait_for("ann", "succeeded");
    assert_eq!(service.place("ann", &tea()).status, 201);
    service.kill();
}

/// Places all orders and kills the service, later each time, until they are over.
fn killed_until_over(ground: &Ground, more: &str) {
    let mut kills = 0;
    let mut delay = Duration::from_millis(5);
    for seed in 0.. {
        let service = ground.serve(&format!("{more} --max-resumes 1000 --seed {seed}"));
        let address = service.address;
        let placing = thread::spawn(move || {
            for (key, item, pieces, card, _) in ORDERS {
                // Who gets no answer asks the next process.
                drop(client::place(address, key, &json(item, pieces, card)));
            }
        });
        sleep(delay);
        service.kill();
        placing.join().unwrap();
        let runs = ground.runs();
        if runs.len() == ORDERS.len() && !runs.iter().any(|run| run.state.is_unfinished()) {
            break;
        }
        kills += 1;
        delay += delay / 4;
        assert!(kills < 60, "{runs:?}");
    }
    assert!(kills > 3, "{kills} kills");
}

#[test]
fn killed_again_and_again_every_order_comes_to_one_end() {
    for trouble in ["0", "0.2", "0.4"] {
        let ground = Ground::new();
        let more = format!("--call-takes 15ms --wait 0ms --trouble {trouble}");
        killed_until_over(&ground, &more);
        let service = ground.serve("");
        for (key, item, pieces, card, status) in ORDERS {
            let reply = service.place(key, &json(item, pieces, card));
            // In trouble, each may find the gateway busy too often.
            let is_right = reply.status == status || reply.status == 502 && trouble != "0";
            assert!(is_right, "{key}, {trouble}: {reply:?}");
            if reply.status == 201 {
                ground.assert_sent(key);
            } else {
                ground.assert_undone(key);
            }
        }
        assert_eq!(ground.runs().len(), ORDERS.len());
        assert_eq!(service.get("/attention").body, json!([]));
        ground.assert_stock_is_whole();
        service.kill();
    }
}

#[test]
fn drained_it_is_taken_up_by_the_next() {
    let ground = Ground::new();
    let service = ground.serve("--wait 20s --call-takes 600ms --drain 2s --verbose");
    thread::scope(|scope| {
        let clients = ["ann", "bob", "cem"].map(|key| {
            let service = &service;
            let client = scope.spawn(move || service.place(key, &tea()));
            service.wait_until_said(&format!("{key}: reserve started"));
            client
        });
        program::interrupt(service.child.id());
        service.wait_until_said("draining");
        sleep(Duration::from_millis(100));
        // New orders are for the next process; what becomes of the others is still told.
        let refused = service.place("dora", &tea());
        assert_eq!(refused.status, 503, "{refused:?}");
        assert!(refused.header("Retry-After").is_some());
        assert_eq!(service.get("/orders/ann").body["state"], "running");
        for client in clients {
            let reply = client.join().unwrap();
            assert_eq!(reply.status, 202, "{reply:?}");
            assert_eq!(reply.body["state"], "interrupted");
        }
    });
    let (code, text) = service.end();
    assert_eq!(code, Some(130), "{text}");
    assert!(
        text.contains("interrupted: 3, still in a task: 0\n"),
        "{text}"
    );
    for run in ground.runs() {
        assert_eq!(run.state, RunState::Interrupted);
    }

    let service = ground.serve("");
    for key in ["ann", "bob", "cem"] {
        assert_eq!(service.place(key, &tea()).status, 201);
        ground.assert_sent(key);
    }
    let text = service.kill();
    assert!(
        text.contains("resumed: 3, waiting: 0, refused: 0"),
        "{text}"
    );
    ground.assert_stock_is_whole();
}

#[test]
fn the_next_process_waits_until_the_last_one_has_drained() {
    let ground = Ground::new();
    let last = ground.serve("--wait 0ms --call-takes 200ms --drain 20s");
    assert_eq!(last.place("ann", &tea()).status, 202);
    program::interrupt(last.child.id());
    let next = ground.serve("");
    assert_eq!(last.end().0, Some(130));
    assert_eq!(next.get("/orders/ann").body["state"], "succeeded");
    next.kill();
    ground.assert_sent("ann");
}

#[test]
fn asked_twice_it_leaves_at_once() {
    let ground = Ground::new();
    let mut service = ground.serve("--wait 0ms --call-takes 20s");
    assert_eq!(service.place("ann", &tea()).status, 202);
    let start = Instant::now();
    while service.child.try_wait().unwrap().is_none() {
        program::interrupt(service.child.id());
        sleep(Duration::from_millis(100));
    }
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(service.end().0, Some(130));

    let service = ground.serve("");
    assert_eq!(service.place("ann", &tea()).status, 201);
    ground.assert_sent("ann");
    service.kill();
}

#[test]
fn orders_of_the_last_release_go_on_after_an_upgrade() {
    let ground = Ground::new();
    let service = ground.serve("--release last --wait 0ms --call-takes 100ms --verbose");
    assert_eq!(service.place("old", &tea()).status, 202);
    service.wait_until_said("old: charge started");
    service.kill();
    assert_eq!(ground.state("old"), RunState::Interrupted);

    let service = ground.serve("");
    assert_eq!(
        service.wait_for("old", "succeeded").body["shipment"]["pieces"],
        2
    );
    // Its customer asks again, and gets what was ordered; or wants something else.
    assert_eq!(service.place("old", &tea()).status, 201);
    assert_eq!(service.place("old", &json("cup", 1, "visa-1")).status, 409);
    assert_eq!(service.place("new", &tea()).status, 201);
    let text = service.kill();
    assert!(
        text.contains("resumed: 1, waiting: 0, refused: 0"),
        "{text}"
    );
    let versions: Vec<_> = ground.runs().iter().map(|run| run.version).collect();
    assert_eq!(versions, [1, 2]);
    ground.assert_sent("old");
    ground.assert_sent("new");
    // The last release told nobody.
    assert_eq!(ground.of("mails", "old").len(), 0);
    assert_eq!(ground.of("mails", "new").len(), 1);
}

#[test]
fn an_order_of_a_later_release_waits_for_it() {
    let ground = Ground::new();
    let service = ground.serve("--wait 0ms --call-takes 20s");
    assert_eq!(service.place("ann", &tea()).status, 202);
    service.kill();

    let service = ground.serve("--release last");
    // The others are not kept waiting.
    assert_eq!(service.place("bob", &tea()).status, 201);
    let trouble = service.get("/attention").body;
    assert_eq!(trouble.as_array().unwrap().len(), 1, "{trouble}");
    assert_eq!(trouble[0]["order"], "ann");
    let why = trouble[0]["why"].as_str().unwrap();
    assert!(why.contains("was not given flow `checkout` v2"), "{why}");
    assert_eq!(service.get("/orders/ann").status, 409);
    let text = service.kill();
    assert!(text.contains("refused: 1"), "{text}");

    let service = ground.serve("");
    assert_eq!(service.place("ann", &tea()).status, 201);
    ground.assert_sent("ann");
    service.kill();
}

#[test]
fn an_order_that_does_not_get_on_is_left_to_the_operator() {
    let ground = Ground::new();
    let service = ground.serve("--wait 0ms --call-takes 20s");
    assert_eq!(service.place("ann", &tea()).status, 202);
    service.kill();
    let service = ground.serve("--call-takes 20s --verbose");
    service.wait_until_said("ann: reserve started");
    service.kill();

    let service = ground.serve("--max-resumes 1");
    let trouble = service.get("/attention").body;
    assert_eq!(trouble[0]["order"], "ann", "{trouble}");
    let why = trouble[0]["why"].as_str().unwrap();
    assert!(
        why.contains("it is set aside; `resume` takes it up"),
        "{why}"
    );
    let set_aside = service.place("ann", &tea());
    assert_eq!(set_aside.status, 202, "{set_aside:?}");
    assert_eq!(set_aside.body["state"], "interrupted");

    let path = "/orders/ann/resume";
    let resumed = client::ask(service.address, "POST", path, &[], "").unwrap();
    assert_eq!(resumed.status, 202, "{resumed:?}");
    service.wait_for("ann", "succeeded");
    assert_eq!(service.get("/attention").body, json!([]));
    ground.assert_sent("ann");
    let text = service.kill();
    assert!(text.contains("set aside: 1"), "{text}");
}

#[test]
fn without_arguments_it_tries_itself_out() {
    let output = Command::new(&*PROGRAM).output().unwrap();
    let (code, text) = program::told(&output);
    assert_eq!(code, Some(0), "{text}");
    let told = String::from_utf8(output.stdout).unwrap();
    for line in [
        "nobody was charged twice, and nothing is left reserved",
        "11 of pot: 422 the order cannot be filled",
    ] {
        assert!(told.contains(line), "{told}");
    }
}
