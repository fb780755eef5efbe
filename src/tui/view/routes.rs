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

/// Draws the table over all of the lists: its name, the routes, and what the marks of guards mean.
pub(super) fn draw_all(app: &App, area: Rect, ui: &mut Ui<'_>) {
    let legend = RouteRow::legend(&app.known.routes);
    let mut area = area;
    if area.height >= 8 {
        let title = format!("Routes {}", app.known.routes.len());
        ui.put(area.x, area.y, area.width, &title, ui.look.theme.title);
        area = Rect { y: area.y + 1, height: area.height - 1, ..area };
    }
    // A list that is longer leaves no line to spare below it.
    if !legend.is_empty() && area.height >= 4 && app.known.routes.len() >= usize::from(area.height) {
        area.height -= 1;
        ui.put(area.x, area.bottom(), area.width, &legend, ui.look.theme.faint);
    }
    draw(app, area, ui);
}

/// Draws the routes in view, and how many are below them.
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
    super::lines::more(routes.len().saturating_sub(first + usize::from(area.height)), area, ui);
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
    // What an upstream's address begins with goes without saying.
    let short = to.strip_prefix("http://").filter(|_| width(&to) + width(&route.path) + 1 > left);
    let to = short.map(str::to_owned).unwrap_or(to);
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
    use crate::event::Event;
    use crate::tui::action::{Action, Move};
    use crate::tui::testing::Driver;

    fn routes(count: usize) -> Event {
        let row = |at: usize| RouteRow {
            methods: "any".into(),
            path: format!("/route{at}/{{*rest}}"),
            kind: "proxy".into(),
            to: format!("http://127.0.0.1:{}", 8000 + at),
            guards: if at == 0 { vec!["auth ada".into()] } else { Vec::new() },
        };
        Event::Routes((0..count).map(row).collect())
    }

    #[test]
    fn the_table_has_the_whole_screen() {
        for (width, height) in [(45, 20), (80, 24), (170, 50)] {
            let screen = Driver::started(width, height).hear([routes(8)]).run("routes").screen();
            for at in 0..8 {
                assert!(screen.contains(&format!("/route{at}/")), "{screen}");
                assert!(screen.contains(&format!("127.0.0.1:800{at}")), "{screen}");
            }
            assert!(screen.contains("* password"), "{screen}");
        }
    }

    #[test]
    fn more_routes_than_lines_are_said_and_reached() {
        let mut driver = Driver::started(80, 24).hear([routes(60)]).run("routes");
        let screen = driver.screen();
        assert!(screen.contains("more") && screen.contains("* password"), "{screen}");
        for _ in 0..60 {
            driver = driver.press(Action::Move(Move::Down));
        }
        assert!(driver.screen().contains("/route59/"), "{}", driver.screen());
        let details = driver.press(Action::Enter).screen();
        assert!(details.contains("http://127.0.0.1:8059"), "{details}");
    }

    #[test]
    fn methods_in_five_columns() {
        for (methods, expected) in [("GET HEAD", "GET"), ("GET HEAD POST", "GET+"), ("any", "any"), ("HEAD", "HEAD")] {
            assert_eq!(short(methods), expected);
        }
    }
}
