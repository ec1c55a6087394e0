#!/usr/bin/env python3
"""Makes the fonts that receipts embed from those of the Debian package fonts-dejavu-core.

    python3 -m venv venv && venv/bin/pip install fonttools==4.68.0
    venv/bin/python subset.py /usr/share/fonts/truetype/dejavu

writes DejaVuSans.ttf and DejaVuSans-Bold.ttf beside this file. The same input gives the same bytes.

Each glyph is made self-contained: hinting goes (PDF readers render at high resolution without it) and
composites, such as an accented letter made of a letter and an accent, become plain outlines. The
receipt writer can then cut a font for one document by copying glyphs, without following references.
"""

import sys
from pathlib import Path

from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

# What the customers of a shop in Europe or the Americas write their names and addresses with.
RANGES = [
    (0x0020, 0x007E),  # Basic Latin
    (0x00A0, 0x00FF),  # Latin-1 Supplement
    (0x0100, 0x017F),  # Latin Extended-A
    (0x0180, 0x024F),  # Latin Extended-B, with the comma-below letters of Romanian
    (0x02B9, 0x02DD),  # Spacing modifier letters
    (0x0300, 0x036F),  # Combining marks
    (0x0370, 0x03FF),  # Greek
    (0x0400, 0x052F),  # Cyrillic and its supplement
    (0x1E00, 0x1EFF),  # Latin Extended Additional, with Vietnamese
    (0x2010, 0x2027),  # Dashes, quotation marks, bullet, ellipsis
    (0x2030, 0x203A),  # Per mille, primes, angle quotation marks
    (0x2044, 0x2044),  # Fraction slash
    (0x20A0, 0x20BF),  # Currency signs
    (0x2116, 0x2122),  # Numero, trade mark
    (0x2212, 0x2212),  # Minus
    (0xFFFD, 0xFFFD),  # Stands for whatever is not here
]

FONTS = ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"]
TABLES = {"head", "hhea", "maxp", "hmtx", "loca", "glyf", "cmap", "post", "OS/2", "name", "GlyphOrder"}


def decompose(font):
    """Replaces every composite glyph by its outline."""
    glyphs = font["glyf"]
    glyph_set = font.getGlyphSet()
    outlines = {}
    for name in font.getGlyphOrder():
        if glyphs[name].isComposite():
            recording = DecomposingRecordingPen(glyph_set)
            glyph_set[name].draw(recording)
            pen = TTGlyphPen(None)
            recording.replay(pen)
            outlines[name] = pen.glyph()
    for name, outline in outlines.items():
        glyphs[name] = outline


def drop_unreachable(font):
    """Removes the parts that only composites used."""
    reachable = {".notdef", *font.getBestCmap().values()}
    options = Options(hinting=False, notdef_outline=True, glyph_names=False, recalc_timestamp=False)
    subsetter = Subsetter(options)
    subsetter.populate(glyphs=sorted(reachable), unicodes=sorted(font.getBestCmap()))
    subsetter.subset(font)


def make(source, target):
    font = TTFont(source, recalcTimestamp=False)
    options = Options(hinting=False, notdef_outline=True, glyph_names=False, layout_features=[], recalc_timestamp=False)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[code for first, last in RANGES for code in range(first, last + 1)])
    subsetter.subset(font)
    decompose(font)
    drop_unreachable(font)
    for table in set(font.keys()) - TABLES:
        del font[table]
    font.save(target)
    print(f"{target.name}: {len(font.getBestCmap())} characters, {target.stat().st_size} bytes")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for name in FONTS:
        make(Path(sys.argv[1]) / name, Path(__file__).parent / name)


main()
