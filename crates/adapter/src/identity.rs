//! Identities that are the same whenever they are made again.

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A UUID (version 8, RFC 9562 section 5.8) of those parts.
pub fn of(parts: &[&str]) -> Uuid {
    let digest = digest(parts);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// A number from 0 to below 1, spread evenly over whatever the parts are.
pub fn fraction(parts: &[&str]) -> f64 {
    let digest = digest(parts);
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest[..8]);
    // 53 bits are what a double holds exactly.
    (u64::from_be_bytes(bytes) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Each part goes in with its length, so that no two lists of parts look alike.
fn digest(parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_depend_on_every_part_and_nothing_else() {
        assert_eq!(of(&["a", "b"]), of(&["a", "b"]));
        assert_ne!(of(&["a", "b"]), of(&["ab", ""]));
        assert_eq!(of(&["a"]).get_version_num(), 8);
    }

    #[test]
    fn fractions_are_spread_evenly() {
        let below = (0..10_000).filter(|n| fraction(&["seed", &n.to_string()]) < 0.2).count();
        assert!((1_800..2_200).contains(&below), "{below}");
    }
}
