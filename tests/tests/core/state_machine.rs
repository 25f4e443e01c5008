//! What holds of a verification that has begun, whatever the body and however it comes.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where it is surprised"
)]

use std::collections::VecDeque;

use bytes::{Buf, Bytes};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use untis_webhook::{Algorithm, PendingVerification, Rejection};
use untis_webhook_tests::platform::begun_with;

fn hashed(mut pending: PendingVerification, pieces: &[impl AsRef<[u8]>]) -> Result<(), Rejection> {
    pieces.iter().for_each(|piece| pending.update(piece.as_ref()));
    pending.finish().map(|_| ())
}

/// A piece of a body as it may come: in one, in two that are not contiguous, or in a ring that has gone
/// around.
#[derive(Clone, Debug)]
enum Piece {
    Whole(Vec<u8>),
    Chained(Vec<u8>, Vec<u8>),
    Wrapped(Vec<u8>, Vec<u8>),
}

impl Piece {
    fn octets(&self) -> Vec<u8> {
        match self {
            Self::Whole(octets) => octets.clone(),
            Self::Chained(first, second) | Self::Wrapped(first, second) => [&first[..], second].concat(),
        }
    }

    fn buf(&self) -> Box<dyn Buf> {
        match self.clone() {
            Self::Whole(octets) => Box::new(Bytes::from(octets)),
            Self::Chained(first, second) => Box::new(Bytes::from(first).chain(Bytes::from(second))),
            Self::Wrapped(first, second) => {
                let mut ring = VecDeque::from(second);
                first.into_iter().rev().for_each(|octet| ring.push_front(octet));
                Box::new(ring)
            }
        }
    }
}

fn octets() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![4 => vec(any::<u8>(), 0..40), 1 => vec(any::<u8>(), 0..3000)]
}

fn piece() -> impl Strategy<Value = Piece> {
    prop_oneof![
        octets().prop_map(Piece::Whole),
        (octets(), octets()).prop_map(|(first, second)| Piece::Chained(first, second)),
        (octets(), octets()).prop_map(|(first, second)| Piece::Wrapped(first, second)),
    ]
}

fn algorithm() -> impl Strategy<Value = Algorithm> {
    prop::sample::select(Algorithm::ALL.to_vec())
}

fn body_of(pieces: &[Piece]) -> Vec<u8> {
    pieces.iter().flat_map(Piece::octets).collect()
}

/// Holds for each of [`CASES`] cases, or for the least that fails it does not.
fn for_all<S: Strategy>(cases: S, holds: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    TestRunner::new(config).run(&cases, holds).unwrap_or_else(|failure| panic!("{failure}"));
    println!("{}: {CASES} cases", std::thread::current().name().unwrap_or_default());
}

const CASES: u32 = 512;

#[test]
fn however_a_body_is_cut_it_is_verified_and_kept_whole() {
    for_all((algorithm(), vec(piece(), 0..12)), |(algorithm, pieces)| {
        let body = body_of(&pieces);
        let pending = begun_with(algorithm, body.clone());
        prop_assert_eq!(
            hashed(pending.clone(), &pieces.iter().map(Piece::octets).collect::<Vec<_>>()),
            Ok(())
        );
        let mut kept = pending.collect(body.len());
        for piece in &pieces {
            prop_assert_eq!(kept.push(piece.buf()), Ok(()));
        }
        prop_assert_eq!(&kept.finish().unwrap()[..], &body);
        Ok(())
    });
}

#[test]
fn however_another_body_is_cut_it_is_refused() {
    for_all((algorithm(), vec(piece(), 0..12), octets()), |(algorithm, pieces, signed)| {
        let body = body_of(&pieces);
        prop_assume!(body != signed);
        let expected = Err(Rejection::DigestMismatch);
        let pending = begun_with(algorithm, signed);
        prop_assert_eq!(hashed(pending.clone(), &[&body]), expected);
        prop_assert_eq!(
            hashed(pending.clone(), &pieces.iter().map(Piece::octets).collect::<Vec<_>>()),
            expected
        );
        let mut kept = pending.collect(body.len());
        for piece in &pieces {
            prop_assert_eq!(kept.push(piece.buf()), Ok(()));
        }
        prop_assert_eq!(kept.finish().map(|_| ()), expected);
        Ok(())
    });
}

#[test]
fn the_order_of_the_pieces_matters() {
    for_all((algorithm(), vec(octets(), 2..6), 0..1000_usize), |(algorithm, pieces, by)| {
        let body = pieces.concat();
        let mut rotated = pieces.clone();
        rotated.rotate_left(1 + by % (pieces.len() - 1));
        let expected = if rotated.concat() == body { Ok(()) } else { Err(Rejection::DigestMismatch) };
        prop_assert_eq!(hashed(begun_with(algorithm, body), &rotated), expected);
        Ok(())
    });
}

#[test]
fn the_limit_is_exact_and_nothing_after_it_is_taken() {
    for_all((algorithm(), vec(piece(), 1..12), 0..6000_usize, 0..3), |(algorithm, pieces, limit, how)| {
        let body = body_of(&pieces);
        let limit = match how {
            0 => body.len(),
            1 => body.len().saturating_sub(1),
            _ => limit,
        };
        let mut kept = begun_with(algorithm, body.clone()).collect(limit);
        let (mut len, mut refused) = (0, false);
        for piece in &pieces {
            len += piece.octets().len();
            refused |= len > limit;
            // Once refused, what is within the limit is refused as well, and so is nothing at all.
            prop_assert_eq!(
                kept.push(piece.buf()),
                if refused { Err(Rejection::BodyTooLarge) } else { Ok(()) }
            );
        }
        if refused {
            prop_assert_eq!(kept.push(Bytes::new()), Err(Rejection::BodyTooLarge));
        }
        let expected = if refused { Err(Rejection::BodyTooLarge) } else { Ok(body) };
        prop_assert_eq!(kept.finish().map(|verified| verified.to_vec()), expected);
        Ok(())
    });
}

#[test]
fn one_octet_above_the_limit_is_too_many_wherever_it_is_cut() {
    for_all(
        (algorithm(), vec(any::<u8>(), 1..2000), any::<prop::sample::Index>()),
        |(algorithm, body, cut)| {
            let (first, second) = body.split_at(cut.index(body.len()));
            let mut kept = begun_with(algorithm, body.clone()).collect(body.len() - 1);
            prop_assert_eq!(kept.push(first), Ok(()));
            prop_assert_eq!(kept.push(second), Err(Rejection::BodyTooLarge));
            prop_assert_eq!(kept.finish().map(|_| ()), Err(Rejection::BodyTooLarge));
            Ok(())
        },
    );
}
