//! The route table, in the order in which it is tried.

use ratatui::layout::Rect;

use super::fit;
use super::ui::{Ui, width};
use crate::event::RouteRow;
use crate::tui::app::App;
use crate::tui::map::{Pane, Subject, Target};

/// The lines that all of them take.
pub(super) fn lines(app: &App) -> usize {
    let routes = &app.known.routes;
    routes.len() + usize::from(!RouteRow::legend(routes).is_empty())
}

/// Draws the routes in view.
pub(super) fn draw(app: &App, area: Rect, ui: &mut Ui<'_>) {
    ui.map.add(area, Target::Pane(Pane::Routes));
    ui.map.routes = area.height.into();
    let routes = &app.known.routes;
    let first = app.routes.first(routes.len(), area.height.into());
    let marks = routes.iter().map(|route| width(&route.marks())).max().unwrap_or(0);
    for (y, (at, route)) in (area.top()..area.bottom()).zip(routes.iter().enumerate().skip(first)) {
        let line = Rect { y, height: 1, ..area };
        draw_row(route, marks, line, ui);
        ui.map.add(line, Target::Subject(Subject::Route(at)));
        if app.routes.cursor == Some(at) {
            ui.style(line, ui.look.theme.selected);
        }
    }
    // Where there is a line to spare.
    if routes.len() < usize::from(area.height) {
        let line = area.bottom() - 1;
        ui.put(area.x, line, area.width, &RouteRow::legend(routes), ui.look.theme.faint);
    }
}

/// `marks` is the room for the marks of guards.
fn draw_row(route: &RouteRow, marks: u16, line: Rect, ui: &mut Ui<'_>) {
    let theme = ui.look.theme;
    let cut = ui.look.glyphs.cut;
    let (methods_room, kind_room) = if line.width >= 70 { (16, 10) } else { (5, 0) };
    let methods = if methods_room < 16 { short(&route.methods) } else { route.methods.clone() };
    let methods = fit::keep_start(&methods, methods_room, cut);
    ui.put(line.x, line.y, methods_room, &methods, theme.faint);
    let mut x = line.x + methods_room + 1;
    if marks > 0 {
        ui.put(x, line.y, marks, &route.marks(), theme.aside);
        x += marks + 1;
    }
    let to = match (route.to.as_str(), route.kind.as_str()) {
        ("", kind) => kind.to_owned(),
        // A path alone would not say that it is somewhere to go.
        (to, "redirect") => format!("{} {to}", if ui.look.glyphs.ascii { "->" } else { "→" }),
        (to, _) => to.to_owned(),
    };
    let left = line.right().saturating_sub(x);
    let to_room = width(&to).min(left.saturating_sub(width(&route.path) + 1).max(left * 2 / 5));
    let to_text = fit::keep_end(&to, to_room, cut);
    let mut right = ui.put_left_of(line.right(), line.y, &to_text, theme.aside);
    if kind_room > 0 {
        right = right.min(line.right().saturating_sub(line.width / 4));
        right = right.saturating_sub(kind_room + 1);
        ui.put(right, line.y, kind_room, &route.kind, theme.faint);
    }
    let room = right.saturating_sub(x + 1);
    let path = fit::keep_end(&route.path, room, cut);
    ui.put(x, line.y, room, &path, theme.text);
}

/// The first method, and whether there are more; HEAD goes without saying.
fn short(methods: &str) -> String {
    let mut names = methods.split_whitespace().filter(|name| *name != "HEAD" && *name != "OPTIONS");
    let first = names.next().unwrap_or(methods);
    let more = if names.next().is_some() { "+" } else { "" };
    format!("{first}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_in_five_columns() {
        for (methods, expected) in [("GET HEAD", "GET"), ("GET HEAD POST", "GET+"), ("any", "any"), ("HEAD", "HEAD")] {
            assert_eq!(short(methods), expected);
        }
    }
}
