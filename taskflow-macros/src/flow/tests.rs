//! Tests of single messages and expansions, on token streams.
