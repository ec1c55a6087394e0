//! A font as one document holds it: only the characters that the document uses.

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Finish, Name, Pdf, Rect, Ref, Str};

use super::face::{Face, Glyph};

/// Characters are numbered as they are first used; number 0 is the glyph for a missing one.
const IDENTITY: SystemInfo<'_> = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// How thick the stems are, in thousandths of the font size. Readers use it only to choose a stand-in
/// for a damaged font.
const STEM_REGULAR: f32 = 80.0;
const STEM_BOLD: f32 = 150.0;

/// A font and the characters used of it so far.
pub(super) struct Font {
    face: &'static Face,
    /// A character's number in the document by its place in the face; 0 for one not used yet.
    number_of: Vec<u16>,
    /// The places in the face, by number.
    used: Vec<u16>,
}

impl Font {
    pub(super) fn new(face: &'static Face) -> Self {
        Self { face, number_of: vec![0; face.glyphs.len()], used: vec![0] }
    }

    /// How wide a text is at that font size, in points.
    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        // Exact: a sum of widths stays far below 2^24 for any text that a page could hold.
        self.face.width(text) as f32 * size / 1000.0
    }

    /// Appends the text as the document's numbers, two bytes each.
    pub(super) fn encode(&mut self, text: &str, encoded: &mut Vec<u8>) {
        for index in text.chars().filter_map(|c| self.face.index(c)) {
            let number = &mut self.number_of[usize::from(index)];
            if *number == 0 {
                *number = u16::try_from(self.used.len()).expect("a face has fewer than 65,536 glyphs");
                self.used.push(index);
            }
            encoded.extend(number.to_be_bytes());
        }
    }

    /// Writes the font's objects; `next` gives fresh numbers for them. The first is the font itself.
    pub(super) fn write(&self, pdf: &mut Pdf, id: Ref, next: &mut impl FnMut() -> Ref) {
        let (descendant, descriptor, program, unicode) = (next(), next(), next(), next());
        let name = format!("{}+{}", self.tag(), self.face.name);
        let name = Name(name.as_bytes());

        pdf.type0_font(id)
            .base_font(name)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(descendant)
            .to_unicode(unicode);

        let mut font = pdf.cid_font(descendant);
        font.subtype(CidFontType::Type2)
            .base_font(name)
            .system_info(IDENTITY)
            .font_descriptor(descriptor)
            .cid_to_gid_map_predefined(Name(b"Identity"));
        font.widths().consecutive(0, self.glyphs().map(|glyph| f32::from(glyph.width)));
        font.finish();

        let [left, bottom, right, top] = self.face.bounds;
        let is_bold = self.face.name.ends_with("Bold");
        pdf.font_descriptor(descriptor)
            .name(name)
            .flags(FontFlags::SYMBOLIC)
            .bbox(Rect::new(left, bottom, right, top))
            .italic_angle(0.0)
            .ascent(self.face.ascent)
            .descent(self.face.descent)
            .cap_height(self.face.cap_height)
            .stem_v(if is_bold { STEM_BOLD } else { STEM_REGULAR })
            .font_file2(program);

        let data = self.program();
        let length = i32::try_from(data.len()).expect("a font of this crate is a fraction of a megabyte");
        pdf.stream(program, &data).pair(Name(b"Length1"), length);

        let mut characters = UnicodeCmap::<u16>::new(Name(b"Characters"), IDENTITY);
        for (number, glyph) in (0_u16..).zip(self.glyphs()).skip(1) {
            characters.pair(number, glyph.character);
        }
        pdf.cmap(unicode, &characters.finish()).name(Name(b"Characters")).system_info(IDENTITY);
    }

    fn glyphs(&self) -> impl ExactSizeIterator<Item = &Glyph> {
        self.used.iter().map(|&index| &self.face.glyphs[usize::from(index)])
    }

    /// Six capitals that tell this subset from others of the same font (ISO 32000-1, 9.6.4): a hash
    /// (FNV-1a) of its characters, so that the same document has the same tag.
    fn tag(&self) -> String {
        let hash = self.used.iter().fold(0xCBF2_9CE4_8422_2325_u64, |hash, &index| {
            (hash ^ u64::from(index)).wrapping_mul(0x0000_0100_0000_01B3)
        });
        (0..6)
            .scan(hash, |rest, _| {
                let letter = b'A' + u8::try_from(*rest % 26).expect("below 26");
                *rest /= 26;
                Some(char::from(letter))
            })
            .collect()
    }

    /// The font file: the tables that ISO 32000-1, table 126 asks of an embedded TrueType font, with the
    /// used glyphs only.
    fn program(&self) -> Vec<u8> {
        let count = u16::try_from(self.used.len()).expect("a face has fewer than 65,536 glyphs");
        let mut glyf = Vec::with_capacity(self.glyphs().map(|glyph| glyph.outline.len() + 3).sum());
        let mut loca = Vec::with_capacity(4 * (self.used.len() + 1));
        let mut hmtx = Vec::with_capacity(4 * self.used.len());
        let offset = |glyf: &Vec<u8>| u32::try_from(glyf.len()).expect("a font is smaller than 4 GB").to_be_bytes();
        for glyph in self.glyphs() {
            loca.extend(offset(&glyf));
            glyf.extend(glyph.outline);
            glyf.resize(glyf.len().next_multiple_of(4), 0);
            hmtx.extend(glyph.advance.to_be_bytes());
            hmtx.extend(glyph.side_bearing.to_be_bytes());
        }
        loca.extend(offset(&glyf));

        let head = patched(self.face.head, &[(8, [0; 2]), (10, [0; 2]), (50, 1_u16.to_be_bytes())]);
        let hhea = patched(self.face.hhea, &[(34, count.to_be_bytes())]);
        let maxp = patched(self.face.maxp, &[(4, count.to_be_bytes())]);
        font_file(&[
            (b"glyf", &glyf),
            (b"head", &head),
            (b"hhea", &hhea),
            (b"hmtx", &hmtx),
            (b"loca", &loca),
            (b"maxp", &maxp),
        ])
    }
}

/// A table with some of its 16-bit fields replaced, by their offset in bytes.
fn patched(table: &[u8], fields: &[(usize, [u8; 2])]) -> Vec<u8> {
    let mut table = table.to_vec();
    for (at, value) in fields {
        table[*at..at + 2].copy_from_slice(value);
    }
    table
}

/// Puts tables, sorted by tag, into one TrueType file (OpenType 1.9, "Organization of an OpenType Font").
/// The checksum over the whole file, `head.checkSumAdjustment`, is left 0: readers of PDF ignore it.
fn font_file(tables: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    const HEADER: usize = 12;
    const RECORD: usize = 16;
    let number = |value: usize| u32::try_from(value).expect("a font is smaller than 4 GB").to_be_bytes();
    let count = u16::try_from(tables.len()).expect("a handful of tables");
    let entry_selector = u16::try_from(count.ilog2()).expect("a logarithm is small");
    let search_range = 16 << entry_selector;

    let mut offset = HEADER + RECORD * tables.len();
    let size = offset + tables.iter().map(|(_, table)| table.len().next_multiple_of(4)).sum::<usize>();
    let mut file = Vec::with_capacity(size);
    file.extend(0x0001_0000_u32.to_be_bytes());
    for field in [count, search_range, entry_selector, count * 16 - search_range] {
        file.extend(field.to_be_bytes());
    }
    for (tag, table) in tables {
        file.extend(*tag);
        file.extend(checksum(table).to_be_bytes());
        file.extend(number(offset));
        file.extend(number(table.len()));
        offset += table.len().next_multiple_of(4);
    }
    for (_, table) in tables {
        file.extend(*table);
        file.resize(file.len().next_multiple_of(4), 0);
    }
    file
}

/// The sum of a table's 32-bit words, the last one filled up with zeros.
fn checksum(table: &[u8]) -> u32 {
    let (words, rest) = table.as_chunks::<4>();
    let mut last = [0; 4];
    last[..rest.len()].copy_from_slice(rest);
    words.iter().chain([&last]).fold(0, |sum, word| sum.wrapping_add(u32::from_be_bytes(*word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subset_is_a_font_with_the_used_shapes() {
        let mut font = Font::new(Face::regular());
        let mut encoded = Vec::new();
        font.encode("Țuică: țț漢", &mut encoded);
        assert_eq!(encoded, [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8, 0, 8, 0, 9]);

        let program = font.program();
        let parsed = ttf_parser::Face::parse(&program, 0).unwrap();
        assert_eq!(parsed.number_of_glyphs(), 10);
        let whole = ttf_parser::Face::parse(include_bytes!("../../fonts/DejaVuSans.ttf"), 0).unwrap();
        for (number, c) in (1_u16..).zip(['Ț', 'u', 'i', 'c', 'ă', ':', ' ', 'ț', '\u{FFFD}']) {
            let (id, whole_id) = (ttf_parser::GlyphId(number), whole.glyph_index(c).unwrap());
            assert_eq!(parsed.glyph_bounding_box(id), whole.glyph_bounding_box(whole_id), "{c}");
            assert_eq!(parsed.glyph_hor_advance(id), whole.glyph_hor_advance(whole_id), "{c}");
            assert_eq!(parsed.glyph_hor_side_bearing(id), whole.glyph_hor_side_bearing(whole_id), "{c}");
        }
    }

    #[test]
    fn the_tag_follows_the_characters() {
        let tag = |text| {
            let mut font = Font::new(Face::bold());
            font.encode(text, &mut Vec::new());
            font.tag()
        };
        assert_eq!(tag("abc"), tag("aabbcc"));
        assert_ne!(tag("abc"), tag("abd"));
        assert!(tag("abc").bytes().all(|letter| letter.is_ascii_uppercase()));
    }

    #[test]
    fn a_checksum_fills_up_the_last_word() {
        assert_eq!(checksum(&[0, 0, 0, 1, 0, 0, 0, 2]), 3);
        assert_eq!(checksum(&[0, 0, 0, 1, 1]), 0x0100_0001);
        assert_eq!(checksum(&[0xFF; 8]), 0xFFFF_FFFE);
    }
}
