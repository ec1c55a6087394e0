//! The timestamps of the language: RFC 3339 with `T`, seconds, and `Z` or a numeric offset.

use jiff::Timestamp;

/// Reads a timestamp as AWS does: stricter than ISO 8601 (no date alone, no missing offset, no space
/// for the `T`), with a fraction of any length.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    // "2016-03-14T01:59:00" and at least a "Z".
    let shape = b"dddd-dd-ddTdd:dd:dd";
    if bytes.len() <= shape.len() || !text.is_ascii() {
        return None;
    }
    let (date_time, rest) = bytes.split_at(shape.len());
    let fits = date_time.iter().zip(shape).all(|(byte, form)| match form {
        b'd' => byte.is_ascii_digit(),
        _ => byte == form,
    });
    if !fits {
        return None;
    }
    let offset = match rest.strip_prefix(b".") {
        Some(fraction) => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits == 0 {
                return None;
            }
            &fraction[digits..]
        }
        None => rest,
    };
    let valid = match offset {
        b"Z" => true,
        [b'+' | b'-', a, b, b':', c, d] => [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()),
        _ => false,
    };
    if !valid {
        return None;
    }
    // Digits beyond nanoseconds are cut off: nothing here is more precise.
    let fraction = &rest[..rest.len() - offset.len()];
    let kept = &fraction[..fraction.len().min(10)];
    let mut exact = Vec::with_capacity(bytes.len());
    exact.extend_from_slice(date_time);
    exact.extend_from_slice(kept);
    exact.extend_from_slice(offset);
    std::str::from_utf8(&exact).ok()?.parse().ok()
}

/// Writes a timestamp as the context object has it: UTC, to the millisecond.
pub(crate) fn format(timestamp: Timestamp) -> String {
    timestamp.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_full_rfc_3339_timestamps_are_read() {
        for (text, expected) in [
            ("2016-03-14T01:59:00Z", Some("2016-03-14T01:59:00.000Z")),
            ("2026-11-21T08:42:07.00Z", Some("2026-11-21T08:42:07.000Z")),
            ("2016-03-14T01:59:00.123456789012Z", Some("2016-03-14T01:59:00.123Z")),
            ("2012-10-09T19:00:55+01:00", Some("2012-10-09T18:00:55.000Z")),
            ("2016-12-05T21:29:29", None),
            ("2016-12-05 21:29:29Z", None),
            ("2016-12-05t21:29:29Z", None),
            ("2016-13-05T21:29:29Z", None),
            ("2016-12-05T25:29:29Z", None),
            ("05-12-2016T21:29:29Z", None),
            ("2023-02-24", None),
            ("2016-03-14T01:59:00.Z", None),
            ("2016-03-14T01:59:00+0100", None),
            ("2016-03-14T01:59:00Z\u{e9}", None),
            ("", None),
        ] {
            assert_eq!(parse(text).map(format).as_deref(), expected, "{text}");
        }
    }
}
