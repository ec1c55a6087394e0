//! Customers' text made fit for one line of a document.

use std::borrow::Cow;

use order::Address;

/// The text on one line: control characters and runs of white space become one space, and characters
/// that would turn the direction of what follows (an old way to forge a name) are left out.
pub(crate) fn plain_line(text: &str) -> Cow<'_, str> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
        && !text.starts_with(' ')
        && !text.ends_with(' ')
        && !text.contains("  ");
    if is_plain {
        return Cow::Borrowed(text);
    }
    let mut line = String::with_capacity(text.len());
    for c in text.chars().filter(|&c| !turns_direction(c)) {
        if !c.is_whitespace() && !c.is_control() {
            line.push(c);
        } else if !line.is_empty() && !line.ends_with(' ') {
            line.push(' ');
        }
    }
    line.truncate(line.trim_end().len());
    Cow::Owned(line)
}

/// Unicode's explicit directional embeddings, overrides, isolates and marks (UAX #9).
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// An address as the lines of a label; parts that are missing or blank take no line.
pub(crate) fn address_lines(address: &Address) -> Vec<String> {
    let line = |part: &Option<String>| part.as_deref().map(|text| plain_line(text).into_owned()).unwrap_or_default();
    let town = format!("{} {}", line(&address.postal_code), line(&address.city));
    [
        line(&address.name),
        line(&address.street),
        town.trim().to_owned(),
        line(&address.region),
        address.country.code().to_owned(),
    ]
    .into_iter()
    .filter(|line| !line.is_empty())
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customers_text_stays_on_its_line() {
        for (text, line) in [
            ("Ana Pop", "Ana Pop"),
            ("  Ana\t\r\n Pop ", "Ana Pop"),
            ("Ana\u{0}Pop", "Ana Pop"),
            ("Ana\n\nBcc: x@y.zz", "Ana Bcc: x@y.zz"),
            ("Ana\u{202E}poP", "AnapoP"),
            ("Ștefan\u{A0}Țurcanu", "Ștefan Țurcanu"),
            (" \n ", ""),
        ] {
            assert_eq!(plain_line(text), line, "{text:?}");
        }
    }

    #[test]
    fn an_address_has_only_lines_that_say_something() {
        let address = Address {
            name: Some("Ana Pop".into()),
            street: Some("  ".into()),
            city: Some("Iași".into()),
            region: None,
            postal_code: Some("700001".into()),
            country: order::Country::parse("RO").unwrap(),
        };
        assert_eq!(address_lines(&address), ["Ana Pop", "700001 Iași", "RO"]);
        let bare = Address { name: None, street: None, city: None, postal_code: None, ..address };
        assert_eq!(address_lines(&bare), ["RO"]);
    }
}
