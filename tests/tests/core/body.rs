//! The body stage of the core: every byte counts, whatever the pieces, and no more than the limit is kept.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where it is surprised"
)]

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::{Buf, Bytes};
use untis_webhook::{PendingBody, Rejection, Verified};
use untis_webhook_tests::platform::begun;

fn push_all(mut body: PendingBody, pieces: &[&[u8]]) -> Result<Verified<Bytes>, Rejection> {
    pieces.iter().try_for_each(|piece| body.push(*piece))?;
    body.finish()
}

#[test]
fn any_way_to_cut_the_body_gives_the_same_proof() {
    let whole = b"to be cut";
    for first in 0..=whole.len() {
        for second in first..=whole.len() {
            let pieces = [&whole[..first], &whole[first..second], &whole[second..]];
            let verified = push_all(begun(&whole[..]).collect(9), &pieces).unwrap();
            assert_eq!(&verified[..], whole, "cut at {first} and {second}");
        }
    }
}

#[test]
fn the_pieces_count_in_their_order() {
    assert_eq!(push_all(begun("ab").collect(9), &[b"b", b"a"]).unwrap_err(), Rejection::DigestMismatch);
    assert_eq!(push_all(begun("ab").collect(9), &[b"a"]).unwrap_err(), Rejection::DigestMismatch);
    assert_eq!(push_all(begun("ab").collect(9), &[b"a", b"b", b"c"]).unwrap_err(), Rejection::DigestMismatch);
    assert_eq!(push_all(begun("ab").collect(9), &[]).unwrap_err(), Rejection::DigestMismatch);
}

#[test]
fn a_buf_that_is_not_contiguous_is_taken_whole() {
    let chained = || Bytes::from_static(b"first ").chain(Bytes::from_static(b"second ")).chain(&b"third"[..]);
    for before in [&b""[..], b"before "] {
        let whole = [before, b"first second third"].concat();
        let mut body = begun(whole.clone()).collect(100);
        body.push(before).unwrap();
        body.push(chained()).unwrap();
        assert_eq!(body.finish().unwrap()[..], whole);
    }
}

#[test]
fn empty_pieces_do_no_harm() {
    assert!(push_all(begun("ab").collect(2), &[b"", b"a", b"", b"", b"b", b""]).is_ok());
    assert!(push_all(begun("").collect(0), &[b"", b""]).is_ok());
    assert!(push_all(begun("").collect(0), &[]).is_ok());
}

#[test]
fn the_limit_is_exact_to_the_byte() {
    for limit in [0, 1, 2, 1023, 1024, 1025, 5000] {
        let fits = vec![b'x'; limit];
        let too_large = vec![b'x'; limit + 1];
        for piece in [1, 7, 1000, limit + 1] {
            let pieces = |body: &[u8]| {
                push_all(begun(body.to_vec()).collect(limit), &body.chunks(piece).collect::<Vec<_>>())
                    .map(|_| ())
            };
            assert_eq!(pieces(&fits), Ok(()), "limit {limit}, pieces of {piece}");
            assert_eq!(pieces(&too_large), Err(Rejection::BodyTooLarge), "limit {limit}, pieces of {piece}");
        }
    }
}

#[test]
fn the_largest_limit_does_not_overflow() {
    let mut body = begun("ab").collect(usize::MAX);
    body.push(&b"a"[..]).unwrap();
    assert_eq!(body.push(Endless), Err(Rejection::BodyTooLarge));
}

#[test]
fn nothing_after_a_refused_piece_is_accepted() {
    let mut body = begun("ab").collect(2);
    assert_eq!(body.push(&b"abc"[..]), Err(Rejection::BodyTooLarge));
    assert_eq!(body.push(&b"ab"[..]), Err(Rejection::BodyTooLarge));
    assert_eq!(body.push(&b""[..]), Err(Rejection::BodyTooLarge));
    assert_eq!(body.finish().unwrap_err(), Rejection::BodyTooLarge);
}

#[test]
fn nothing_after_a_piece_that_panics_is_accepted() {
    /// Says that it has something, and panics when it is asked for it.
    struct Broken;
    impl Buf for Broken {
        fn remaining(&self) -> usize {
            1
        }
        fn chunk(&self) -> &[u8] {
            panic!("broken")
        }
        fn advance(&mut self, _: usize) {}
    }
    let mut body = begun("ab").collect(9);
    body.push(&b"a"[..]).unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| body.push(Broken))).is_err());
    assert_eq!(body.push(&b"b"[..]), Err(Rejection::BodyTooLarge));
    assert_eq!(body.finish().unwrap_err(), Rejection::BodyTooLarge);
}

/// Says that it has so much, and gives these chunks, the last of them again and again.
struct Lying<'a> {
    remaining: usize,
    chunks: &'a [&'a [u8]],
}

impl Buf for Lying<'_> {
    fn remaining(&self) -> usize {
        self.remaining
    }

    fn chunk(&self) -> &[u8] {
        self.chunks.first().copied().unwrap_or_default()
    }

    fn advance(&mut self, _: usize) {
        if let [_, rest @ ..] = self.chunks
            && !rest.is_empty()
        {
            self.chunks = rest;
        }
    }
}

#[test]
fn a_buf_that_has_more_than_it_says_does_not_pass_the_limit() {
    let million = vec![b'x'; 1_000_000];
    for first in ["", "ab"] {
        let mut body = begun(format!("{first}xxxxxxxxxx")).collect(12);
        body.push(first.as_bytes()).unwrap();
        body.push(Lying { remaining: 10, chunks: &[&million] }).unwrap();
        assert_eq!(body.finish().unwrap().len(), first.len() + 10);
    }
    let mut body = begun("xxxxxxxxxx").collect(9);
    assert_eq!(body.push(Lying { remaining: 10, chunks: &[&million] }), Err(Rejection::BodyTooLarge));
}

#[test]
fn a_buf_that_has_less_than_it_says_is_refused_and_ends() {
    let chunks: [&[&[u8]]; 4] = [&[], &[b""], &[b"a", b""], &[b"a", b"b", b""]];
    for chunks in chunks {
        for first in ["", "ab"] {
            let mut body = begun("abab").collect(100);
            body.push(first.as_bytes()).unwrap();
            assert_eq!(body.push(Lying { remaining: 10, chunks }), Err(Rejection::BodyIncomplete));
            assert_eq!(body.push(&b"ab"[..]), Err(Rejection::BodyTooLarge));
            assert_eq!(body.finish().unwrap_err(), Rejection::BodyTooLarge);
        }
    }
}

#[test]
fn a_buf_that_copies_more_or_less_than_it_was_asked_for_is_refused() {
    struct Copies(&'static [u8]);
    impl Buf for Copies {
        fn remaining(&self) -> usize {
            2
        }
        fn chunk(&self) -> &[u8] {
            b"ab"
        }
        fn advance(&mut self, _: usize) {}
        fn copy_to_bytes(&mut self, _: usize) -> Bytes {
            Bytes::from_static(self.0)
        }
    }
    for (copied, expected) in [
        ("ab", Ok(())),
        ("", Err(Rejection::BodyIncomplete)),
        ("a", Err(Rejection::BodyIncomplete)),
        ("abab", Err(Rejection::BodyIncomplete)),
    ] {
        let mut body = begun(copied).collect(3);
        assert_eq!(body.push(Copies(copied.as_bytes())), expected, "{copied}");
        assert_eq!(body.finish().is_ok(), expected.is_ok(), "{copied}");
    }
}

#[test]
fn a_buf_that_does_not_advance_ends() {
    let mut body = begun("aaaaa").collect(5);
    body.push(Lying { remaining: 5, chunks: &[b"a"] }).unwrap();
    assert!(body.finish().is_ok());
}

#[test]
fn a_body_in_one_piece_is_not_copied() {
    let whole = Bytes::from(vec![b'x'; 4096]);
    let mut body = begun(whole.clone()).collect(4096);
    body.push(Bytes::new()).unwrap();
    body.push(whole.clone()).unwrap();
    body.push(Bytes::new()).unwrap();
    assert_eq!(body.finish().unwrap().as_ptr(), whole.as_ptr());
}

#[test]
fn the_digest_expected_is_known_before_the_body() {
    let pending = begun("abc");
    assert_eq!(
        pending.expected_digest().to_string(),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    assert_eq!(pending.clone().collect(3).pending().expected_digest(), pending.expected_digest());
}

/// Says that it has more than there is memory for, and panics when it is asked for it.
struct Endless;

impl Buf for Endless {
    fn remaining(&self) -> usize {
        usize::MAX
    }

    fn chunk(&self) -> &[u8] {
        panic!("the piece was read")
    }

    fn advance(&mut self, _: usize) {
        panic!("the piece was read")
    }
}
