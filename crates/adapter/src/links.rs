//! Links to receipts that are signed and expire.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use order::OrderId;
use sha2::Sha256;

/// Makes and checks links to receipts: `/orders/{id}/receipt?expires={seconds}&signature={text}`.
#[derive(Clone)]
pub struct ReceiptLinks {
    key: Hmac<Sha256>,
    base_url: String,
    valid_for: SignedDuration,
}

impl ReceiptLinks {
    /// Links signed with that secret. `base_url` goes before the path (`https://shop.example.com`); it may
    /// be empty, the link is then a path.
    pub fn new(secret: &[u8], base_url: &str, valid_for: SignedDuration) -> Self {
        let key = Hmac::new_from_slice(secret).expect("HMAC takes keys of any length");
        Self { key, base_url: base_url.trim_end_matches('/').to_owned(), valid_for }
    }

    /// A link that may be followed from now until it expires.
    pub fn link(&self, order_id: &OrderId, now: Timestamp) -> String {
        let expires = now.checked_add(self.valid_for).unwrap_or(Timestamp::MAX).as_second();
        let signature = URL_SAFE_NO_PAD.encode(self.signing(order_id, expires).finalize().into_bytes());
        format!("{}/orders/{order_id}/receipt?expires={expires}&signature={signature}", self.base_url)
    }

    /// Whether a link with these parts is one of ours and has not expired. The comparison takes the same
    /// time however much of the signature is right.
    pub fn verify(&self, order_id: &OrderId, expires: i64, signature: &str, now: Timestamp) -> bool {
        let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
        self.signing(order_id, expires).verify_slice(&signature).is_ok() && now.as_second() < expires
    }

    fn signing(&self, order_id: &OrderId, expires: i64) -> Hmac<Sha256> {
        let mut signing = self.key.clone();
        // Neither an order's id nor a number has a line break: the parts cannot run into each other.
        signing.update(format!("receipt\n{order_id}\n{expires}").as_bytes());
        signing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_good_for_its_order_until_it_expires() {
        let links = ReceiptLinks::new(b"secret", "https://shop.example.com/", SignedDuration::from_hours(1));
        let (id, other) = (OrderId::parse("A-1").unwrap(), OrderId::parse("A-2").unwrap());
        let now = Timestamp::from_second(1_000).unwrap();
        let link = links.link(&id, now);
        let (head, signature) = link.split_once("&signature=").unwrap();
        assert_eq!(head, "https://shop.example.com/orders/A-1/receipt?expires=4600");
        let late = Timestamp::from_second(4_600).unwrap();
        let stranger = ReceiptLinks::new(b"other", "", SignedDuration::from_hours(1));
        for (verifier, id, expires, signature, now, good) in [
            (&links, &id, 4_600, signature, now, true),
            (&links, &other, 4_600, signature, now, false),
            (&links, &id, 9_999, signature, now, false),
            (&links, &id, 4_600, signature, late, false),
            (&links, &id, 4_600, "", now, false),
            (&links, &id, 4_600, "not base64!", now, false),
            (&links, &id, 4_600, &signature[1..], now, false),
            (&stranger, &id, 4_600, signature, now, false),
        ] {
            assert_eq!(verifier.verify(id, expires, signature, now), good, "{id} {expires} {signature} {now}");
        }
    }
}
