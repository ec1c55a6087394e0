//! Pages to draw on.

use jiff::Timestamp;
use jiff::tz::Offset;
use pdf_writer::{Content, Date, Finish, Name, Pdf, Rect, Ref, Settings, Str, TextStr};

use super::face::Face;
use super::font::Font;

/// How heavy text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// How text looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Style {
    pub(crate) weight: Weight,
    /// The font size, in points.
    pub(crate) size: f32,
    /// From 0, black, to 1, white.
    pub(crate) gray: f32,
}

/// What a document says about itself.
pub(crate) struct Information<'a> {
    pub(crate) title: &'a str,
    pub(crate) author: &'a str,
    pub(crate) created_at: Timestamp,
}

/// A document in the making: A4 pages, of which one is drawn on at a time.
///
/// Lengths are points (1/72 inch). A position is measured from the left and from the top edge; that of
/// a text is its baseline.
pub(crate) struct Canvas {
    pages: Vec<Page>,
    current: usize,
    regular: Font,
    bold: Font,
    /// The text being encoded, kept for its memory.
    encoded: Vec<u8>,
}

/// A page and what was last set on it, so that it is set again only when it changes.
struct Page {
    content: Content,
    font: Option<(Weight, f32)>,
    gray: f32,
}

/// PDF's compact way of writing: without indentation.
const COMPACT: Settings = Settings { pretty: false };
const REGULAR: Name<'_> = Name(b"R");
const BOLD: Name<'_> = Name(b"B");

impl Canvas {
    /// The width of a page.
    pub(crate) const WIDTH: f32 = 595.0;
    /// The height of a page.
    pub(crate) const HEIGHT: f32 = 842.0;

    /// A document with one empty page.
    pub(crate) fn new() -> Self {
        Self {
            pages: vec![Page::new()],
            current: 0,
            regular: Font::new(Face::regular()),
            bold: Font::new(Face::bold()),
            encoded: Vec::new(),
        }
    }

    /// Starts a page after the last one and goes there.
    pub(crate) fn add_page(&mut self) {
        self.pages.push(Page::new());
        self.current = self.pages.len() - 1;
    }

    /// How many pages there are.
    pub(crate) fn page_count(&self) -> usize {
        self.pages.len()
    }

    /// Goes to a page, counted from 0.
    pub(crate) fn go_to_page(&mut self, index: usize) {
        assert!(index < self.pages.len(), "there is no page {index}");
        self.current = index;
    }

    /// How wide a text is.
    pub(crate) fn width(&self, text: &str, style: Style) -> f32 {
        match style.weight {
            Weight::Regular => self.regular.width(text, style.size),
            Weight::Bold => self.bold.width(text, style.size),
        }
    }

    /// Writes a text from `left` on.
    pub(crate) fn text(&mut self, left: f32, baseline: f32, text: &str, style: Style) {
        let (font, name) = match style.weight {
            Weight::Regular => (&mut self.regular, REGULAR),
            Weight::Bold => (&mut self.bold, BOLD),
        };
        self.encoded.clear();
        font.encode(text, &mut self.encoded);
        if self.encoded.is_empty() {
            return;
        }
        let page = &mut self.pages[self.current];
        page.set_gray(style.gray);
        page.content.begin_text();
        if page.font != Some((style.weight, style.size)) {
            page.content.set_font(name, style.size);
            page.font = Some((style.weight, style.size));
        }
        page.content.next_line(hundredths(left), hundredths(Self::HEIGHT - baseline));
        page.content.show(Str(&self.encoded));
        page.content.end_text();
    }

    /// Writes a text that ends at `right`.
    pub(crate) fn text_to(&mut self, right: f32, baseline: f32, text: &str, style: Style) {
        self.text(right - self.width(text, style), baseline, text, style);
    }

    /// Draws a thin horizontal line.
    pub(crate) fn rule(&mut self, left: f32, right: f32, top: f32, gray: f32) {
        const THICKNESS: f32 = 0.6;
        let page = &mut self.pages[self.current];
        page.set_gray(gray);
        page.content.rect(hundredths(left), hundredths(Self::HEIGHT - top), hundredths(right - left), THICKNESS);
        page.content.fill_nonzero();
    }

    /// The finished document. The same drawing gives the same bytes.
    pub(crate) fn finish(self, information: &Information<'_>) -> Vec<u8> {
        let contents: Vec<_> = self.pages.into_iter().map(|page| page.content.finish()).collect();
        let drawn: usize = contents.iter().map(|content| content.len()).sum();
        let mut pdf = Pdf::with_settings_and_capacity(COMPACT, drawn + 300 * contents.len() + 24 * 1024);
        let mut last = 0;
        let mut next = || {
            last += 1;
            Ref::new(last)
        };

        let (catalog, tree, about, regular, bold) = (next(), next(), next(), next(), next());
        let mut root = pdf.catalog(catalog);
        root.pages(tree).lang(TextStr("en"));
        root.viewer_preferences().display_doc_title(true);
        root.finish();
        pdf.document_info(about)
            .title(TextStr(information.title))
            .author(TextStr(information.author))
            .producer(TextStr("OrderFlow"))
            .creation_date(date(information.created_at));

        let ids: Vec<(Ref, Ref)> = contents.iter().map(|_| (next(), next())).collect();
        let mut pages = pdf.pages(tree);
        pages.kids(ids.iter().map(|(page, _)| *page));
        pages.count(i32::try_from(ids.len()).expect("a document has fewer than 2^31 pages"));
        pages.media_box(Rect::new(0.0, 0.0, Self::WIDTH, Self::HEIGHT));
        pages.resources().fonts().pair(REGULAR, regular).pair(BOLD, bold);
        pages.finish();
        for ((page, stream), content) in ids.into_iter().zip(contents) {
            pdf.page(page).parent(tree).contents(stream);
            pdf.stream(stream, &content);
        }
        self.regular.write(&mut pdf, regular, &mut next);
        self.bold.write(&mut pdf, bold, &mut next);
        pdf.finish()
    }
}

impl Page {
    fn new() -> Self {
        let content = Content::with_settings_and_capacity(COMPACT, 8 * 1024);
        Self { content, font: None, gray: 0.0 }
    }

    fn set_gray(&mut self, gray: f32) {
        if self.gray.to_bits() != gray.to_bits() {
            self.content.set_fill_gray(gray);
            self.gray = gray;
        }
    }
}

/// Finer positions than this are invisible and take room.
fn hundredths(points: f32) -> f32 {
    (points * 100.0).round() / 100.0
}

fn date(at: Timestamp) -> Date {
    let utc = Offset::UTC.to_datetime(at);
    let part = |value: i8| u8::try_from(value).expect("parts of a date are not negative");
    // PDF knows the years 0 to 9999; no receipt is from before.
    Date::new(u16::try_from(utc.year()).unwrap_or(0))
        .month(part(utc.month()))
        .day(part(utc.day()))
        .hour(part(utc.hour()))
        .minute(part(utc.minute()))
        .second(part(utc.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}
