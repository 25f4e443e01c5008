//! The Rust code of the guide: each block of each page is an example of this crate, so `cargo test --doc -p
//! untis-webhook-guide` compiles it, and runs it unless it says `no_run`. What it needs is a dev-dependency.
//!
//! A page with Rust that is missing here fails `cargo test -p untis-webhook-tests --test documents`.

/// Each page has a module, so that a failure names it.
#[cfg(doctest)]
macro_rules! pages {
    ($($name:ident $page:literal)*) => { $(#[doc = include_str!($page)] mod $name {})* };
}

#[cfg(doctest)]
pages! {
    axum "src/axum.md"
    hyper "src/hyper.md"
    keys "src/keys.md"
    lambda "src/lambda.md"
    migrating "src/migrating.md"
    testing "src/testing.md"
    tower "src/tower.md"
    warp "src/warp.md"
}
