//! The fonts, read once for the process.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ttf_parser::{GlyphId, Tag, loca};

/// Stands for every character the fonts do not have.
const REPLACEMENT: char = '\u{FFFD}';

/// A prepared font: its characters' outlines, each of which stands alone, and the tables they need.
pub(super) struct Face {
    /// Its PostScript name.
    pub(super) name: &'static str,
    /// The `head` table: 54 bytes.
    pub(super) head: &'static [u8],
    /// The `hhea` table: 36 bytes.
    pub(super) hhea: &'static [u8],
    /// The `maxp` table.
    pub(super) maxp: &'static [u8],
    /// Above the baseline, in thousandths of the font size.
    pub(super) ascent: f32,
    /// Below the baseline, in thousandths of the font size; negative.
    pub(super) descent: f32,
    /// Of a capital, in thousandths of the font size.
    pub(super) cap_height: f32,
    /// The box that every glyph fits in, in thousandths of the font size: left, bottom, right, top.
    pub(super) bounds: [f32; 4],
    /// First the one for a missing glyph, then one a character.
    pub(super) glyphs: Vec<Glyph>,
    /// The place in `glyphs` by code point; 0 where the font has no such character.
    index_of: Vec<u16>,
    replacement: u16,
}

/// A character's shape.
pub(super) struct Glyph {
    /// Which character; the replacement character for the missing glyph.
    pub(super) character: char,
    /// How far it moves on, in thousandths of the font size.
    pub(super) width: u16,
    /// The same in the font's own units.
    pub(super) advance: u16,
    /// Where the outline starts, in the font's own units.
    pub(super) side_bearing: i16,
    /// Its entry of the `glyf` table; empty for a blank.
    pub(super) outline: &'static [u8],
}

static REGULAR: LazyLock<Face> =
    LazyLock::new(|| Face::embedded("DejaVuSans", include_bytes!("../../fonts/DejaVuSans.ttf")));
static BOLD: LazyLock<Face> =
    LazyLock::new(|| Face::embedded("DejaVuSans-Bold", include_bytes!("../../fonts/DejaVuSans-Bold.ttf")));

impl Face {
    /// The font for running text.
    pub(super) fn regular() -> &'static Face {
        &REGULAR
    }

    /// The font for what should stand out.
    pub(super) fn bold() -> &'static Face {
        &BOLD
    }

    /// The place of a character's glyph, that of the replacement character if it has none. Nothing for
    /// characters without ink or width of their own.
    pub(super) fn index(&self, c: char) -> Option<u16> {
        if is_invisible(c) {
            return None;
        }
        match self.index_of.get(c as usize) {
            Some(&index) if index != 0 => Some(index),
            _ => Some(self.replacement),
        }
    }

    /// How wide a text is, in thousandths of the font size.
    pub(super) fn width(&self, text: &str) -> u32 {
        text.chars().filter_map(|c| self.index(c)).map(|index| u32::from(self.glyphs[usize::from(index)].width)).sum()
    }

    fn embedded(name: &'static str, data: &'static [u8]) -> Face {
        Self::parse(name, data).expect("the fonts of this crate are whole: its tests read them")
    }

    fn parse(name: &'static str, data: &'static [u8]) -> Option<Face> {
        let font = ttf_parser::Face::parse(data, 0).ok()?;
        let table = |tag| font.raw_face().table(Tag::from_bytes(tag));
        let maxp = font.tables().maxp;
        let locations =
            loca::Table::parse(maxp.number_of_glyphs, font.tables().head.index_to_location_format, table(b"loca")?)?;
        let outlines = table(b"glyf")?;
        let units_per_em = u32::from(font.units_per_em());
        let thousandths = |units: i16| f32::from(units) * 1000.0 / f32::from(font.units_per_em());

        let glyph = |id: GlyphId, character: char| {
            let advance = font.glyph_hor_advance(id)?;
            Some(Glyph {
                character,
                width: u16::try_from((u32::from(advance) * 1000 + units_per_em / 2) / units_per_em).ok()?,
                advance,
                side_bearing: font.glyph_hor_side_bearing(id)?,
                outline: locations.glyph_range(id).map_or(&[][..], |range| &outlines[range]),
            })
        };
        let mut glyphs = vec![glyph(GlyphId(0), REPLACEMENT)?];
        let mut index_of = Vec::new();
        let mut replacement = None;
        for (character, id) in characters(&font)? {
            let index = u16::try_from(glyphs.len()).ok()?;
            glyphs.push(glyph(id, character)?);
            if character == REPLACEMENT {
                replacement = Some(index);
                continue;
            }
            let code = character as usize;
            if index_of.len() <= code {
                index_of.resize(code + 1, 0);
            }
            index_of[code] = index;
        }
        let bounds = font.global_bounding_box();
        Some(Face {
            name,
            head: table(b"head")?,
            hhea: table(b"hhea")?,
            maxp: table(b"maxp")?,
            ascent: thousandths(font.ascender()),
            descent: thousandths(font.descender()),
            cap_height: thousandths(font.capital_height().unwrap_or(font.ascender())),
            bounds: [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(thousandths),
            glyphs,
            index_of,
            replacement: replacement?,
        })
    }
}

/// Every character of a font with its glyph there, by code point.
fn characters(font: &ttf_parser::Face<'_>) -> Option<BTreeMap<char, GlyphId>> {
    let mut characters = BTreeMap::new();
    for subtable in font.tables().cmap?.subtables.into_iter().filter(|subtable| subtable.is_unicode()) {
        subtable.codepoints(|code| {
            if let (Some(character), Some(id)) = (char::from_u32(code), subtable.glyph_index(code)) {
                characters.insert(character, id);
            }
        });
    }
    Some(characters)
}

/// Soft hyphens, zero-width spaces and joiners, variation selectors: they steer others' looks and have
/// none of their own.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{2064}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_weights_have_the_letters_of_our_customers() {
        let letters = "ĂÂÎȘȚăâîșțŞşŢţÄÖÜẞäöüßĄĆĘŁŃÓŚŹŻąćęłńóśźżČĎĚŇŘŠŤŮŽčďěňřšťůžÀÇÉÈÊËÏÔŒàçéèêëïôœÆØÅæøåÑñŐŰőű\
                       ΑΒΓΔΩάέήίόύώαβγςАБВЖЩЪЫЭЮЯабвжщъыэюяЄІЇҐєіїґЈЉЊЋЏ0123456789€£₺₴₽zł–—‘’“”„«»…№™&@";
        for face in [Face::regular(), Face::bold()] {
            for c in letters.chars() {
                let index = face.index(c).unwrap();
                assert_ne!(index, face.replacement, "{c} in {}", face.name);
                assert_eq!(face.glyphs[usize::from(index)].character, c);
                assert!(!face.glyphs[usize::from(index)].outline.is_empty(), "{c} in {}", face.name);
            }
        }
    }

    #[test]
    fn every_outline_stands_alone() {
        // A negative number of contours marks a composite, which would need other glyphs with it.
        for face in [Face::regular(), Face::bold()] {
            for glyph in face.glyphs.iter().filter(|glyph| !glyph.outline.is_empty()) {
                assert!(glyph.outline[0] < 0x80, "{} in {}", glyph.character, face.name);
            }
        }
    }

    #[test]
    fn what_a_font_has_not_is_replaced_and_what_has_no_looks_left_out() {
        let face = Face::regular();
        for c in ['漢', '😀', '\u{10FFFF}', 'א'] {
            assert_eq!(face.index(c), Some(face.replacement), "{c:?}");
        }
        for c in ['\u{AD}', '\u{200D}', '\u{FE0F}'] {
            assert_eq!(face.index(c), None, "{c:?}");
        }
        assert_eq!(face.width("A\u{200D}A"), face.width("AA"));
    }
}
