//! Cursors of listings: where a page ended, opaque to the caller.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use order::Invalid;
use ports::{Page, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The most entries of one page, whatever was asked for.
const MOST: usize = 1_000;

/// How many entries a page has when so many were asked for.
pub fn bounded(limit: usize) -> usize {
    limit.clamp(1, MOST)
}

/// How many rows to fetch: one more than the page holds, which tells whether there is a next page.
pub fn rows(limit: usize) -> i64 {
    i64::try_from(bounded(limit) + 1).expect("a page is bounded")
}

/// Where the page before ended; nothing at the start of the listing.
pub fn resume<K: DeserializeOwned>(listing: &str, cursor: Option<&str>) -> Result<Option<K>> {
    let Some(cursor) = cursor else { return Ok(None) };
    let invalid = || Invalid::new("a cursor as the last page of this listing gave it").at("cursor");
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| invalid())?;
    let (of, key): (String, K) = serde_json::from_slice(&bytes).map_err(|_| invalid())?;
    if of == listing { Ok(Some(key)) } else { Err(invalid().into()) }
}

/// A page of the rows, which are one more than fit when there is a next page.
pub fn page<T, K: Serialize>(listing: &str, mut items: Vec<T>, limit: usize, key: impl Fn(&T) -> K) -> Page<T> {
    let limit = bounded(limit);
    let more = items.len() > limit;
    items.truncate(limit);
    let next_cursor = items.last().filter(|_| more).map(|last| cursor(listing, &key(last)));
    Page { items, next_cursor }
}

/// The cursor of a page that ended there.
pub fn cursor<K: Serialize>(listing: &str, key: &K) -> String {
    let text = serde_json::to_vec(&(listing, key)).expect("keys are numbers and text");
    URL_SAFE_NO_PAD.encode(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_resumes_its_own_listing_only() {
        let first = page("orders", vec![9_i64, 8, 7], 2, |number| *number);
        assert_eq!(first.items, [9, 8]);
        let cursor = first.next_cursor.unwrap();
        assert_eq!(resume::<i64>("orders", Some(&cursor)).unwrap(), Some(8));
        for (listing, cursor) in [("mails", cursor.as_str()), ("orders", "x"), ("orders", "{}"), ("orders", "")] {
            let error = resume::<i64>(listing, Some(cursor)).unwrap_err();
            assert_eq!(error.invalid[0].field, "cursor", "{listing} {cursor}");
        }
    }

    #[test]
    fn the_last_page_has_no_cursor() {
        assert_eq!(page("x", vec![1_i64, 2], 2, |n| *n).next_cursor, None);
        assert_eq!(page("x", Vec::<i64>::new(), 2, |n| *n).next_cursor, None);
    }
}
