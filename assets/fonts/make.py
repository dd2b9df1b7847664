#!/usr/bin/env python3
"""Cuts the fonts of the Audit Trail out of Debian's Noto fonts and packs them.

Needs the packages fonts-noto-core, fonts-noto-mono, fonts-noto-cjk and zstd, and fonttools from PyPI. The files beside this
one were made with it from version 20201225-1 (core, mono) and 1:20220127+repack1-1 (cjk). Run it to make them anew:

    python3 assets/fonts/make.py assets/fonts

Hints for screens, names, and the features of typesetters are left out; what shapes a script is kept.
"""
import subprocess
import sys
import tempfile
from pathlib import Path

from fontTools import subset

NOTO = Path("/usr/share/fonts/truetype/noto")
CJK = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
CJK_SC = 2  # The face for Simplified Chinese; every face of the collection has all scripts.

LATIN = "U+20-7E,U+A0-24F,U+250-2AF,U+2B0-36F,U+370-3FF,U+400-52F,U+1E00-1FFF,U+2000-206F,U+2070-209F,U+20A0-20C0,U+2100-214F,U+2150-218F,U+2190-2199,U+2212,U+25CC,U+2DE0-2DFF,U+A640-A69F,U+FB00-FB06,U+FFFD"
MONO = "U+20-7E,U+A0,U+2014"
# Kana, bopomofo, compatibility jamo, the unified ideographs, Hangul, full width.
EAST_ASIA = "U+3000-30FF,U+3105-312F,U+3131-318E,U+31A0-31BF,U+31F0-31FF,U+3400-4DBF,U+4E00-9FFF,U+AC00-D7A3,U+F900-FAFF,U+FF00-FFEF"
WHOLE = "*"

FONTS = {
    "NotoSans-Regular": LATIN,
    "NotoSans-Bold": LATIN,
    "NotoSansMono-Regular": MONO,
    "NotoSansArabic-Regular": WHOLE,
    "NotoSansArabic-Bold": WHOLE,
    "NotoSansHebrew-Regular": WHOLE,
    "NotoSansHebrew-Bold": WHOLE,
    **{f"NotoSans{script}-Regular": WHOLE for script in (
        "Devanagari", "Bengali", "Gurmukhi", "Gujarati", "Tamil", "Telugu", "Kannada", "Malayalam", "Sinhala",
        "Thai", "Lao", "Khmer", "Myanmar", "Georgian", "Armenian", "Ethiopic",
    )},
    "NotoSansCJK-Regular": EAST_ASIA,
}


def cut(name: str, characters: str, target: Path) -> None:
    options = subset.Options()
    options.hinting = False
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.glyph_names = False
    options.notdef_outline = True
    if characters == EAST_ASIA:
        options.layout_features = ["ccmp", "ljmo", "vjmo", "tjmo"]
        options.drop_tables += ["vhea", "vmtx", "VORG", "BASE"]
    elif characters in (LATIN, MONO):
        options.layout_features = ["ccmp", "locl", "mark", "mkmk", "kern"]
    source = CJK if characters == EAST_ASIA else NOTO / f"{name}.ttf"
    options.font_number = CJK_SC if characters == EAST_ASIA else -1
    font = subset.load_font(str(source), options)
    subsetter = subset.Subsetter(options)
    if characters == WHOLE:
        subsetter.populate(unicodes=font.getBestCmap().keys())
    else:
        subsetter.populate(unicodes=subset.parse_unicodes(characters.replace("U+", "")))
    subsetter.subset(font)
    font["head"].modified = font["head"].created
    font.recalcTimestamp = False
    subset.save_font(font, str(target), options)


def main(directory: Path) -> None:
    with tempfile.TemporaryDirectory() as place:
        for name, characters in FONTS.items():
            kind = "otf" if characters == EAST_ASIA else "ttf"
            target = Path(place) / f"{name}.{kind}"
            cut(name, characters, target)
            packed = directory / f"{target.name}.zst"
            subprocess.run(["zstd", "-q", "-19", "--ultra", "-22", "-f", target, "-o", packed], check=True)
            print(f"{target.stat().st_size:>9} {packed.stat().st_size:>9} {packed.name}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
