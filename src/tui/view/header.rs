//! The first line: whether and where it listens, how busy it is, who watches, who may upload.

use super::fit;
use super::layout::Layout;
use super::ui::{Ui, width};
use crate::event::{Settings, Watching};
use crate::known::{Known, State};
use crate::tui::app::App;
use crate::tui::map::Target;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Below so many columns the rate is worth more than the name of the house.
const NAMED: u16 = 36;

/// Something worth saying, and how dear it is where room is scarce.
struct Fact {
    dear: u8,
    long: String,
    short: String,
    style: Style,
}

/// Draws it; where there is a second line, facts that do not age stand there.
pub(super) fn draw(app: &App, layout: &Layout, ui: &mut Ui<'_>) {
    if layout.header.height == 0 {
        return;
    }
    let (mut first, second) = (busy(&app.known, ui), standing(&app.known, ui));
    if layout.facts.height > 0 {
        let Rect { x, y, width, .. } = layout.facts;
        write(&squeeze(second, width, ui), x, y, ui);
    } else {
        first.extend(second);
    }
    let header = layout.header;
    if layout.bordered {
        ui.put(header.x - 1, header.y, 1, " ", Style::new());
    }
    let end = state(&app.known, header, ui);
    let room = header.right().saturating_sub(end + 1);
    let facts = squeeze(first, room, ui);
    let wide = total(&facts, ui);
    if wide > 0 {
        let x = header.right() - wide;
        if layout.bordered {
            ui.put(x - 1, header.y, 1, " ", Style::new());
            ui.put(header.right(), header.y, 1, " ", Style::new());
        }
        write(&facts, x, header.y, ui);
    }
}

/// Name, state and address; the column after them.
fn state(known: &Known, area: Rect, ui: &mut Ui<'_>) -> u16 {
    let (glyphs, theme) = (ui.look.glyphs, ui.look.theme);
    let (glyph, style, word) = match known.state {
        State::Starting => (glyphs.starting, theme.aside, "starting".to_owned()),
        State::Listening => (glyphs.on, theme.good, String::new()),
        State::Paused => (glyphs.paused, theme.warn, "paused".to_owned()),
        State::Stopping(left) => (glyphs.stopping, theme.warn, format!("stopping, {left} in flight")),
    };
    let right = area.right();
    let mut x = area.x;
    let name = if area.width < NAMED { "" } else { "stan" };
    for (text, style) in [(name, theme.title), (glyph, style), (word.as_str(), style)] {
        if !text.is_empty() {
            let text = format!("{text} ");
            x = ui.put(x, area.y, right.saturating_sub(x), &text, style);
        }
    }
    let known_url = known.best_url().filter(|_| !matches!(known.state, State::Stopping(_)));
    let Some(url) = known_url else { return x };
    let room = right.saturating_sub(x);
    let bare = url.split_once("://").map_or(url, |(_, rest)| rest);
    // Every terminal finds links that start with the scheme; but where it is at the cost of
    // the rate, it goes.
    let url = if width(url) + 12 <= room { url } else { bare };
    let from = x;
    let text = fit::keep_end(url, room, glyphs.cut);
    x = ui.put(x, area.y, room, &text, theme.link);
    ui.map.add(Rect::new(from, area.y, x - from, 1), Target::Address);
    ui.put(x, area.y, right.saturating_sub(x).min(1), " ", Style::new());
    x
}

/// How busy it is.
fn busy(known: &Known, ui: &Ui<'_>) -> Vec<Fact> {
    let theme = ui.look.theme;
    let rate = known.rate.per_second();
    let total = known.counters.requests;
    if rate == 0 && known.rate.next_change().is_none() {
        let said = if total == 1 { "1 request".to_owned() } else { format!("{total} requests") };
        let fact = Fact { dear: 3, long: said.clone(), short: said, style: theme.text };
        return if total == 0 { Vec::new() } else { vec![fact] };
    }
    let spark: String =
        known.rate.heights(8, 8).map(|height| ui.look.glyphs.heights[height.saturating_sub(1) as usize % 8]).collect();
    let spark = spark.trim_start_matches(ui.look.glyphs.heights[0]).to_owned();
    let mut facts =
        vec![Fact { dear: 9, long: format!("{rate} req/s"), short: format!("{rate}/s"), style: theme.text }];
    if !spark.is_empty() {
        facts.push(Fact { dear: 1, long: spark.clone(), short: spark, style: theme.aside });
    }
    facts
}

/// Pages, watcher, who may upload.
fn standing(known: &Known, ui: &Ui<'_>) -> Vec<Fact> {
    let theme = ui.look.theme;
    let fact = |dear, long: String, short: &str, style| Fact { dear, long, short: short.to_owned(), style };
    let mut facts = Vec::new();
    if known.pages > 0 {
        let pages = if known.pages == 1 { "1 page".to_owned() } else { format!("{} pages", known.pages) };
        facts.push(fact(4, pages.clone(), &pages, theme.text));
    }
    match &known.watching {
        Some(Watching::Native) => facts.push(fact(2, "watch native".to_owned(), "watch native", theme.faint)),
        Some(Watching::Polling(why)) => {
            facts.push(fact(7, format!("watch polling ({why})"), "watch polling", theme.warn));
        }
        Some(Watching::Off(why)) => facts.push(fact(8, format!("no watch ({why})"), "no watch", theme.warn)),
        None => {}
    }
    let Settings { who, pin, .. } = &*known.settings;
    if !who.is_empty() {
        // Whoever reads it aloud to a phone needs the PIN more than the words.
        let short = if pin.is_empty() { who.clone() } else { format!("PIN {pin}") };
        facts.push(fact(6, who.clone(), &short, theme.text));
    }
    facts
}

/// The facts that fit, the least dear shortened first and then left out.
fn squeeze(facts: Vec<Fact>, room: u16, ui: &Ui<'_>) -> Vec<Fact> {
    let mut facts = facts;
    while total(&facts, ui) > room {
        let Some(least) = facts.iter().map(|fact| fact.dear).min() else { break };
        let shortened = facts.iter_mut().filter(|fact| fact.long != fact.short).min_by_key(|fact| fact.dear);
        match shortened {
            Some(fact) => fact.long.clone_from(&fact.short),
            None => facts.retain(|fact| fact.dear != least),
        }
    }
    facts
}

fn total(facts: &[Fact], ui: &Ui<'_>) -> u16 {
    let gaps: u16 = facts.iter().skip(1).map(|fact| width(gap(fact, ui))).sum();
    facts.iter().map(|fact| width(&fact.long)).fold(gaps, u16::saturating_add)
}

/// What stands before a fact: the curve belongs to the number before it.
fn gap(fact: &Fact, ui: &Ui<'_>) -> &'static str {
    if fact.dear == 1 { " " } else { ui.look.glyphs.between }
}

fn write(facts: &[Fact], x: u16, y: u16, ui: &mut Ui<'_>) {
    let mut x = x;
    for (i, fact) in facts.iter().enumerate() {
        if i > 0 {
            let gap = gap(fact, ui);
            x = ui.put(x, y, u16::MAX, gap, ui.look.theme.faint);
        }
        x = ui.put(x, y, u16::MAX, &fact.long, fact.style);
    }
}
