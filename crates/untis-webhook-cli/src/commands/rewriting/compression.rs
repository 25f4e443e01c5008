use std::io::Read;
use std::ops::ControlFlow;

use flate2::Compression;
use flate2::read::{DeflateDecoder, DeflateEncoder, GzDecoder, GzEncoder, ZlibDecoder, ZlibEncoder};

use super::change::Kind;
use super::search::{Found, LONGEST, Stage};

/// What a body was that was compressed on its way.
pub(super) fn undo(body: &[u8], found: &mut Found<'_>) -> ControlFlow<()> {
    let mut compressed = |what, original: Option<Vec<u8>>| match original {
        Some(original) => found(Stage::Wrapping, Kind::Compressed.change(what), original),
        None => ControlFlow::Continue(()),
    };
    if body.starts_with(GZIP) {
        return compressed("it was compressed (gzip)", all(GzDecoder::new(body)));
    }
    // Everything is tried as DEFLATE: it has no mark of its own.
    compressed("it was compressed (deflate)", all(ZlibDecoder::new(body)))?;
    compressed("it was compressed (raw deflate)", all(DeflateDecoder::new(body)))
}

/// What a body was that was decompressed on its way, if the sender's compressor is one of those that write alike.
pub(super) fn redo(body: &[u8], found: &mut Found<'_>) -> ControlFlow<()> {
    let mut decompressed =
        |what, original| found(Stage::Compression, Kind::Decompressed.change(what), original);
    for level in (0..=9).map(Compression::new) {
        let Some(gzip) = all(GzEncoder::new(body, level)) else { continue };
        for system in SYSTEMS {
            let mut gzip = gzip.clone();
            if let Some(octet) = gzip.get_mut(GZIP_SYSTEM) {
                *octet = system;
            }
            decompressed("it was decompressed (gzip)", gzip.clone())?;
            if let Some(octet) = gzip.get_mut(GZIP_FLAGS) {
                *octet = 0;
            }
            decompressed("it was decompressed (gzip)", gzip)?;
        }
        if let Some(zlib) = all(ZlibEncoder::new(body, level)) {
            decompressed("it was decompressed (deflate)", zlib)?;
        }
        if let Some(deflate) = all(DeflateEncoder::new(body, level)) {
            decompressed("it was decompressed (raw deflate)", deflate)?;
        }
    }
    ControlFlow::Continue(())
}

/// All that there is to read, unless it is more than is looked into: a small body can be a very large one compressed.
fn all(reader: impl Read) -> Option<Vec<u8>> {
    let mut octets = Vec::new();
    let most = u64::try_from(LONGEST).ok()?;
    reader.take(most.saturating_add(1)).read_to_end(&mut octets).ok()?;
    (1..=LONGEST).contains(&octets.len()).then_some(octets)
}

/// RFC 1952 section 2.3.1: ID1 and ID2.
pub(super) const GZIP: &[u8] = &[0x1f, 0x8b];

/// Where XFL is, "extra flags", which some compressors leave 0.
const GZIP_FLAGS: usize = 8;

/// Where OS is.
const GZIP_SYSTEM: usize = 9;

/// What compressors write there: unknown (also Java since 16), FAT (Java before), Unix.
const SYSTEMS: [u8; 3] = [255, 0, 3];
