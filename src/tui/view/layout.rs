//! Where each region stands, by the size of the screen. Pure arithmetic.

use ratatui::layout::Rect;

use crate::tui::map::Pane;

/// From so many columns there are borders.
const BORDERS: u16 = 60;
/// From so many columns the lists stand beside the log.
const BESIDE: u16 = 100;
/// From so many rows of lists they stand below the log.
const BELOW: u16 = 15;

/// Where a pane's name stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Title {
    pub(super) pane: Pane,
    pub(super) x: u16,
    pub(super) y: u16,
    pub(super) room: u16,
}

/// Where each region stands. What has no room has no rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Layout {
    pub(super) area: Rect,
    pub(super) bordered: bool,
    pub(super) header: Rect,
    /// A second line for the header's facts.
    pub(super) facts: Rect,
    pub(super) tabs: Rect,
    /// All of the lists.
    pub(super) body: Rect,
    pub(super) log: Option<Rect>,
    pub(super) routes: Option<Rect>,
    pub(super) uploads: Option<Rect>,
    pub(super) answer: Rect,
    pub(super) prompt: Rect,
    pub(super) footer: Rect,
    pub(super) titles: Vec<Title>,
    /// Inner lines across: from column, to column, row.
    pub(super) across: Vec<(u16, u16, u16)>,
    /// Inner lines upright: column, from row, to row.
    pub(super) upright: Vec<(u16, u16, u16)>,
}

impl Layout {
    /// The layout of a screen on which `pane` is shown where there is room for one list, with no
    /// list at all where they are covered.
    pub(super) fn new(area: Rect, pane: Pane, routes: usize, covered: bool) -> Self {
        let layout = Self::of_lists(area, pane, routes, covered);
        if covered { Self { log: None, routes: None, uploads: None, ..layout } } else { layout }
    }

    fn of_lists(area: Rect, pane: Pane, routes: usize, covered: bool) -> Self {
        if area.width < BORDERS || area.height < 10 {
            return Self::bare(area, pane);
        }
        let (w, h) = (area.width, area.height);
        let row = |y, height| Rect::new(2, y, w - 4, height);
        let mut layout = Self {
            area,
            bordered: true,
            header: row(0, 1),
            body: row(1, h - 4),
            answer: row(h - 3, 1),
            prompt: row(h - 2, 1),
            footer: row(h - 1, 1),
            across: vec![(0, w - 1, h - 3)],
            ..Self::default()
        };
        if covered {
            return layout;
        }
        if w >= BESIDE {
            layout.beside(routes);
        } else if layout.body.height >= BELOW {
            layout.below();
        } else {
            layout.tabs = row(1, 1);
            layout.body = row(2, h - 5);
            layout.one(pane);
        }
        layout
    }

    /// No borders; from the bottom up, what is needed most comes first.
    fn bare(area: Rect, pane: Pane) -> Self {
        let h = area.height;
        let mut top = area.y;
        let mut take = |wanted: bool| {
            let height = u16::from(wanted);
            top += height;
            Rect { y: top - height, height, ..area }
        };
        let (header, facts, tabs) = (take(h >= 2), take(h >= 14), take(h >= 7));
        let footer = u16::from(h >= 3);
        let answer = u16::from(h >= 5);
        let prompt = area.bottom().saturating_sub(footer + 1);
        let bottom = prompt.saturating_sub(answer).max(top);
        let mut layout = Self {
            area,
            header,
            facts,
            tabs,
            body: Rect { y: top, height: bottom - top, ..area },
            answer: Rect { y: bottom, height: answer, ..area },
            prompt: Rect { y: prompt, height: h.min(1), ..area },
            footer: Rect { y: prompt + 1, height: footer, ..area },
            ..Self::default()
        };
        layout.one(pane);
        layout
    }

    /// One list.
    fn one(&mut self, pane: Pane) {
        match pane {
            Pane::Log => self.log = Some(self.body),
            Pane::Routes => self.routes = Some(self.body),
            Pane::Uploads => self.uploads = Some(self.body),
        }
    }

    /// Routes over uploads, at the right of the log.
    fn beside(&mut self, routes: usize) {
        let Rect { y, height, .. } = self.body;
        let wide = (self.area.width / 4).clamp(26, 48);
        let x = self.area.width - 2 - wide;
        let bar = x - 2;
        let wanted = u16::try_from(routes).unwrap_or(u16::MAX).max(1);
        let rows = wanted.min((height.saturating_sub(2)) * 3 / 5).max(1);
        let rule = y + 1 + rows;
        self.log = Some(Rect { width: bar - 1 - self.body.x, ..self.body });
        self.routes = Some(Rect::new(x, y + 1, wide, rows));
        self.uploads = Some(Rect::new(x, rule + 1, wide, (y + height).saturating_sub(rule + 1)));
        self.titles =
            vec![Title { pane: Pane::Routes, x, y, room: wide }, Title { pane: Pane::Uploads, x, y: rule, room: wide }];
        self.upright = vec![(bar, 0, y + height)];
        self.across.push((bar, self.area.width - 1, rule));
    }

    /// Routes and uploads side by side, below the log.
    fn below(&mut self) {
        let Rect { x, y, width, height } = self.body;
        let band = (height / 3).clamp(5, 8);
        let rule = y + height - band;
        let bar = x + width * 2 / 5;
        self.log = Some(Rect { height: height - band, ..self.body });
        self.routes = Some(Rect::new(x, rule + 1, bar - 1 - x, band - 1));
        self.uploads = Some(Rect::new(bar + 2, rule + 1, x + width - bar - 2, band - 1));
        self.titles = vec![
            Title { pane: Pane::Routes, x, y: rule, room: bar - 1 - x },
            Title { pane: Pane::Uploads, x: bar + 2, y: rule, room: x + width - bar - 2 },
        ];
        self.across.push((0, self.area.width - 1, rule));
        self.upright = vec![(bar, rule, y + height)];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(width: u16, height: u16) -> Layout {
        Layout::new(Rect::new(0, 0, width, height), Pane::Log, 6, false)
    }

    #[test]
    fn every_region_is_inside_whatever_the_size() {
        for (width, height) in (0..=130).flat_map(|w| (0..=40).map(move |h| (w, h))) {
            for pane in Pane::ALL {
                let l = Layout::new(Rect::new(0, 0, width, height), pane, 60, width % 2 == 0);
                let regions = [l.header, l.facts, l.tabs, l.body, l.answer, l.prompt, l.footer];
                let lists = [l.log, l.routes, l.uploads].into_iter().flatten();
                for region in regions.into_iter().chain(lists).filter(|r| !r.is_empty()) {
                    assert_eq!(region.intersection(l.area), region, "{width}x{height} {l:?}");
                }
            }
        }
    }

    #[test]
    fn the_prompt_is_always_there() {
        assert!((1..=40).all(|h| [1, 28, 80, 120].into_iter().all(|w| layout(w, h).prompt.height == 1)));
    }

    #[test]
    fn a_small_tablet_has_three_rows_of_log() {
        let small = layout(28, 8);
        assert_eq!((small.log.unwrap().height, small.tabs.height, small.answer.height), (3, 1, 1));
    }

    #[test]
    fn lists_stand_beside_below_or_behind_tabs() {
        let shown = |l: Layout| (l.log.is_some(), l.routes.is_some(), l.uploads.is_some(), l.tabs.height);
        assert_eq!(shown(layout(120, 40)), (true, true, true, 0));
        assert_eq!(shown(layout(80, 24)), (true, true, true, 0));
        assert_eq!(shown(layout(80, 16)), (true, false, false, 1));
        assert_eq!(shown(layout(45, 20)), (true, false, false, 1));
    }
}
