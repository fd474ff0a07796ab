//! Tasks without effects, to wire up: named after their signatures.

use taskflow::task;

/// Requires nothing, provides nothing.
#[task]
pub fn none() {}

/// Requires `x`.
#[task]
pub fn arg1(x: i64) {
    let _ = x;
}

/// Requires `x`, `y` and `z`.
#[task]
pub fn arg3(x: i64, y: i64, z: i64) {
    let _ = (x, y, z);
}

/// Requires `x`, provides one value.
#[task]
#[must_use]
pub fn through(x: i64) -> i64 {
    x + 1
}

/// Provides one value.
#[task]
#[must_use]
pub fn ret() -> i64 {
    1
}

/// Provides `a`, `b` and `c`.
#[task(provides = (a, b, c))]
#[must_use]
pub fn ret_abc() -> (i64, i64, i64) {
    (1, 2, 3)
}

/// Requires `x`, `y` and `z`, provides `a`, `b` and `c`.
#[task(provides = (a, b, c))]
#[must_use]
pub fn arg3_abc(x: i64, y: i64, z: i64) -> (i64, i64, i64) {
    (x, y, z)
}

/// Requires `x`, `y` and `z`, provides `d`, `e` and `f`.
#[task(provides = (d, e, f))]
#[must_use]
pub fn arg3_def(x: i64, y: i64, z: i64) -> (i64, i64, i64) {
    (x, y, z)
}

/// Requires `x`, `y` and `z`, provides `i`, `j` and `k`.
#[task(provides = (i, j, k))]
#[must_use]
pub fn arg3_ijk(x: i64, y: i64, z: i64) -> (i64, i64, i64) {
    (x, y, z)
}

/// Requires `a`, `b` and `c`, provides `x`, `y` and `q`.
#[task(provides = (x, y, q))]
#[must_use]
pub fn abc_xyq(a: i64, b: i64, c: i64) -> (i64, i64, i64) {
    (a, b, c)
}

/// Requires `c`, provides `a`.
#[task(provides = a)]
#[must_use]
pub fn c_to_a(c: i64) -> i64 {
    c
}

/// Requires `a`, provides `b`.
#[task(provides = b)]
#[must_use]
pub fn a_to_b(a: i64) -> i64 {
    a
}

/// Requires `b`, provides `c`.
#[task(provides = c)]
#[must_use]
pub fn b_to_c(b: i64) -> i64 {
    b
}
