//! A line of source fit for a terminal, cut to a width around what is wrong.

use unicode_width::UnicodeWidthStr;

use crate::text::harmless;

/// Columns of source shown at most.
const WIDTH: usize = 72;
/// Columns between tab stops.
const TAB: usize = 4;
/// What stands for the part that was cut off.
const CUT: &str = "...";

/// A character as it is shown.
struct Cell {
    text: String,
    width: usize,
}

/// The line as shown and the carets under `count` characters from `start`.
pub(super) fn cut(line: &str, start: usize, count: usize) -> (String, String) {
    let cells = cells(line);
    let width = |cells: &[Cell]| cells.iter().map(|cell| cell.width).sum::<usize>();
    let start = start.min(cells.len());
    let end = (start + count).min(cells.len());

    let first = if width(&cells) <= WIDTH {
        0
    } else {
        let excess = width(&cells[..start]).saturating_sub(WIDTH / 2);
        fitting(&cells[..start], excess)
    };
    let last = first + fitting(&cells[first..], WIDTH);

    let mut shown = String::new();
    if first > 0 {
        shown.push_str(CUT);
    }
    let indent = shown.len() + width(&cells[first..start]);
    shown.extend(cells[first..last].iter().map(|cell| cell.text.as_str()));
    if last < cells.len() {
        shown.push_str(CUT);
    }
    let carets = width(&cells[start..end.clamp(start, last.max(start))]).max(1);
    (shown, format!("{}{}", " ".repeat(indent), "^".repeat(carets)))
}

/// How many cells from the first on fit into a width.
fn fitting(cells: &[Cell], width: usize) -> usize {
    let mut used = 0;
    cells
        .iter()
        .take_while(|cell| {
            used += cell.width;
            used <= width
        })
        .count()
}

fn cells(line: &str) -> Vec<Cell> {
    let mut column = 0;
    line.chars()
        .map(|c| {
            let text = if c == '\t' {
                " ".repeat(TAB - column % TAB)
            } else {
                harmless(c.encode_utf8(&mut [0; 4])).into_owned()
            };
            let width = text.width();
            column += width;
            Cell { text, width }
        })
        .collect()
}
