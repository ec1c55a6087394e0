//! A small PDF writer for documents that are text and lines: pages to draw on, two weights of one font.
//!
//! It stands on `pdf-writer`, which knows the syntax of the format, and cuts the fonts itself. The
//! layer above it by the same authors, krilla, shapes text and subsets any font for each document
//! anew, which takes 0.9 ms for a receipt; this takes a twentieth of that, because the fonts are
//! prepared (see `fonts/subset.py`) so that a subset is a copy of a few dozen outlines. Streams are
//! not compressed, for the same reason: deflating a receipt would take longer than making it.

mod canvas;
mod face;
mod font;

pub(crate) use canvas::{Canvas, Information, Style, Weight};
