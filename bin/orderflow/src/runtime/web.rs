//! The files of the web application, part of the program when `make web` had built them before it.

use std::borrow::Cow;
use std::fmt::Write as _;

use api::{WebFile, WebFiles};
use bytes::Bytes;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Built;

/// All files, by path; none when they were not built before the program.
pub fn files() -> impl Iterator<Item = (String, Cow<'static, [u8]>)> {
    Built::iter().filter_map(|path| Some((path.to_string(), Built::get(&path)?.data)))
}

/// What was built.
pub struct EmbeddedWeb;

impl WebFiles for EmbeddedWeb {
    fn get(&self, path: &str) -> Option<WebFile> {
        let file = Built::get(path)?;
        let mut etag = String::with_capacity(32);
        for byte in &file.metadata.sha256_hash()[..16] {
            write!(etag, "{byte:02x}").expect("a string takes any text");
        }
        let content = match file.data {
            Cow::Borrowed(content) => Bytes::from_static(content),
            Cow::Owned(content) => Bytes::from(content),
        };
        Some(WebFile { content, media_type: media_type(path).to_owned(), etag })
    }
}

/// The media types of what a web application is built of.
fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "ico" => "image/x-icon",
        "js" => "text/javascript; charset=utf-8",
        "json" | "map" => "application/json",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}
