//! The screen, one region a file. Nothing here changes anything: an [`App`] goes in, cells and
//! a [`Map`] of what was drawn where come out.
//!
//! From 100 columns:
//! ```text
//! ┌ stan ● http://192.168.1.20:8000 ──────────── 12 req/s ▂▃▅ · 2 pages · watch native ┐  header
//! │ 12:01:02 GET  200  1.2ms  12 KB /index.html     192.168.1.31 │ Routes              │
//! │ 12:01:09 POST 201  3.41s  48 MB /upload         192.168.1.40 │ GET  /      index…  │  log, routes
//! │ 12:01:12 · app.css changed                                   ├ Uploads ────────────┤
//! │ filter 4xx  clear                                  ↓ 12 new  │ ▓▓▓▓▓░░ 71% IMG_2…  │  notices, uploads
//! ├ ✓ moved to port 8080 ────────────────────────────────────────┴──────────────────────┤  answer
//! │ › port 80▏80                                                                        │  prompt
//! └ stop  reload  open  qr  filter  help ───────────────────────────────────────────────┘  footer
//! ```
//! From 60 columns routes and uploads lie in a band below the log, where the screen is high
//! enough. Below 60 there are no borders, and tabs:
//! ```text
//! stan ● http://192.168.1.20:8000     12/s ▂▃▅
//! Log  Routes 6  Uploads 1
//! GET  200  1.2ms /index.html
//! ─ ✓ moved to port 8080 ──────────────────────
//! › port 80▏80
//! stop  reload  open  qr  filter  help
//! ```

mod answer;
mod details;
mod fit;
mod footer;
mod header;
mod layout;
mod lines;
mod log;
mod prompt;
mod qr;
mod routes;
mod rules;
mod tabs;
#[cfg(test)]
mod tests;
mod ui;
mod uploads;

use ratatui::Frame;

use super::app::{App, Over};
use super::map::Map;
use layout::Layout;
use ui::Ui;

/// Draws all of it.
pub fn draw(app: &App, frame: &mut Frame<'_>) -> Map {
    let covered = matches!(app.over, Over::Lines { .. } | Over::Routes | Over::Qr);
    let layout = Layout::new(frame.area(), app.pane, routes::lines(app), covered);
    let mut ui = Ui { buf: frame.buffer_mut(), look: &app.look, map: Map::default() };
    rules::draw(&layout, &mut ui);
    header::draw(app, &layout, &mut ui);
    tabs::draw(app, &layout, &mut ui);
    lists(app, &layout, &mut ui);
    answer::draw(app, layout.answer, &mut ui);
    footer::draw(layout.footer, &mut ui);
    let cursor = prompt::draw(app, layout.prompt, &mut ui);
    if app.over == Over::Qr {
        qr::draw(app, &layout, &mut ui);
    }
    let map = ui.map;
    if let Some(cursor) = cursor {
        frame.set_cursor_position(cursor);
    }
    map
}

/// The lists, or what lies over them.
fn lists(app: &App, layout: &Layout, ui: &mut Ui<'_>) {
    match &app.over {
        Over::Qr => return,
        Over::Lines { title, lines, list } => {
            lines::draw(title, lines, *list, layout.body, ui);
            return;
        }
        Over::Routes => {
            routes::draw_all(app, layout.body, ui);
            return;
        }
        Over::Details(_) | Over::Nothing => {}
    }
    if let Some(area) = layout.routes {
        routes::draw(app, area, ui);
    }
    if let Some(area) = layout.uploads {
        uploads::draw(app, area, ui);
    }
    let details = match app.over {
        Over::Details(subject) => Some((subject, details::place(app, subject, layout))),
        _ => None,
    };
    if let Some(area) = layout.log {
        let above = details.filter(|(_, below)| below.y > area.y).map_or(area.bottom(), |(_, below)| below.y);
        log::draw(app, ratatui::layout::Rect { height: above - area.y, ..area }, ui);
    }
    if let Some((subject, area)) = details {
        ui.clear(area);
        details::draw(app, subject, area, ui);
    }
}
