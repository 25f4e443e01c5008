//! Texts in a row, as they are encrypted: a 0 for one that is not there, or a 1, the length in octets (eight octets,
//! big-endian) and the text. Unlike JSON it needs no copy that nobody wipes.

use zeroize::Zeroizing;

use crate::seal::length_prefixed;

pub(crate) fn join(parts: &[Option<&str>]) -> Zeroizing<Vec<u8>> {
    let len = parts.iter().map(|part| part.map_or(1, |text| text.len().saturating_add(9))).sum();
    let mut joined = Zeroizing::new(Vec::with_capacity(len));
    for part in parts {
        match part {
            None => joined.push(0),
            Some(text) => {
                joined.push(1);
                joined.extend(length_prefixed(text.as_bytes()));
            }
        }
    }
    joined
}

/// The first so many. Those that are missing are not there; what comes after them is a later version's.
pub(crate) fn split<const N: usize>(mut joined: &[u8]) -> Option<[Option<&str>; N]> {
    let mut parts = [None; N];
    for part in &mut parts {
        joined = match joined {
            [] => break,
            [0, rest @ ..] => rest,
            [1, rest @ ..] => {
                let (len, rest) = rest.split_first_chunk()?;
                let (text, rest) = rest.split_at_checked(usize::try_from(u64::from_be_bytes(*len)).ok()?)?;
                *part = Some(str::from_utf8(text).ok()?);
                rest
            }
            _ => return None,
        };
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_joined_is_split_again_and_nothing_else() {
        let parts = [Some("one"), None, Some(""), Some("vier")];
        let joined = join(&parts);
        assert_eq!(split::<4>(&joined), Some(parts));
        assert_eq!(split::<2>(&joined), Some([Some("one"), None]));
        assert_eq!(split::<5>(&joined).unwrap()[4], None);
        // Cut short within a text, with another mark, of a length beyond the end.
        assert_eq!(split::<4>(&joined[..joined.len() - 1]), None);
        assert_eq!(split::<1>(&[2]), None);
        assert_eq!(split::<1>(&[[1].as_slice(), &[255; 8]].concat()), None);
    }
}
