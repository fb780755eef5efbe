//! The loop: the only place of the screen that waits.
//!
//! It draws when something has changed, at most [`FRAMES`] times a second, and sleeps without a
//! timer when nothing on the screen ages. After a draw it lets the feed fill until the next frame
//! may come: so a busy server finds nobody to wake.

#[cfg(test)]
mod tests;

use std::io;
use std::time::{Duration, SystemTime};

use crossterm::event::Event;
use futures_util::{Stream, StreamExt};
use ratatui::Terminal;
use ratatui::backend::Backend;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::action::action;
use super::app::{App, Effect};
use crate::command::{Execute, Reply};
use crate::event::{Batch, Reader};
use crate::signals::Signal;

/// Frames a second at most.
const FRAMES: u32 = 30;

/// What the terminal can do beside showing cells.
pub trait Host {
    /// Gives the terminal back, stops until somebody continues, takes it again. The whole group
    /// of processes stops when it was a key that asked for it.
    fn suspend(&mut self, whole_group: bool) -> io::Result<()>;
    /// Takes the terminal anew after somebody else had stopped us.
    fn continued(&mut self) -> io::Result<()>;
    /// Rings.
    fn bell(&mut self);
    /// Puts a text where the terminal's paste takes it from, if the terminal can do that.
    fn copy(&mut self, text: &str);
}

/// The edges of the loop, real or played.
pub struct Edges<I, S, H> {
    /// Keys, taps, pastes, sizes.
    pub input: I,
    /// Signals.
    pub signals: S,
    /// The terminal.
    pub host: H,
}

/// Why the loop ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitReason {
    /// The feed was closed: the server has ended.
    Closed,
    /// The user would not wait for that.
    Forced,
    /// A second signal of this number came while it was stopping.
    Signal(i32),
}

/// Shows the app until the feed closes, the user forces an end, or a second signal comes.
///
/// A terminal that goes away stops the server; the loop then waits for its end without a screen.
pub async fn run<B: Backend>(
    edges: Edges<impl Stream<Item = io::Result<Event>> + Unpin, impl Stream<Item = Signal> + Unpin, impl Host>,
    terminal: Terminal<B>,
    mut reader: Reader,
    session: &impl Execute,
    app: App,
) -> ExitReason {
    let Edges { mut input, mut signals, host } = edges;
    let mut screen = Screen {
        app,
        terminal,
        host,
        session,
        replies: JoinSet::new(),
        changed: true,
        next_frame: Instant::now(),
        gone: false,
        signalled: false,
        exit: None,
    };
    loop {
        screen.draw_if_due();
        if let Some(reason) = screen.exit {
            return reason;
        }
        let (next_frame, ages_at) = (screen.next_frame, screen.app.ages_at());
        // The end is not to wait for a frame.
        let next_look = if screen.app.is_stopping() { Instant::now() } else { next_frame };
        // What the user does comes first, so that a busy server never makes keys wait; news
        // come last, for they keep.
        tokio::select! {
            biased;
            Some(signal) = signals.next() => screen.signal(signal),
            event = input.next(), if !screen.gone => screen.input(event),
            Some(reply) = screen.replies.join_next() => {
                if let Ok((number, reply)) = reply {
                    let effects = screen.app.replied(number, reply);
                    screen.changed = true;
                    screen.carry_out(effects);
                }
            }
            () = sleep_until(next_frame), if screen.changed && !screen.gone => {}
            () = news(&mut reader, next_look) => screen.absorb(reader.take()),
            () = sleep_until(ages_at.map_or(next_frame, Instant::from_std)), if ages_at.is_some() => screen.tick(),
        }
    }
}

/// Waits until it is time to look and there is something to take. Cancel safe.
async fn news(reader: &mut Reader, next_look: Instant) {
    sleep_until(next_look).await;
    reader.wait().await;
}

struct Screen<'a, B: Backend, H, S> {
    app: App,
    terminal: Terminal<B>,
    host: H,
    session: &'a S,
    replies: JoinSet<(u64, Reply)>,
    /// Something is not yet drawn.
    changed: bool,
    next_frame: Instant,
    /// The terminal went away.
    gone: bool,
    /// A signal to stop has come.
    signalled: bool,
    exit: Option<ExitReason>,
}

impl<B: Backend, H: Host, S: Execute> Screen<'_, B, H, S> {
    fn draw_if_due(&mut self) {
        let now = Instant::now();
        if !self.changed || self.gone || now < self.next_frame {
            return;
        }
        self.changed = false;
        self.next_frame = now + Duration::from_secs(1) / FRAMES;
        let app = &self.app;
        let mut map = None;
        match self.terminal.draw(|frame| map = Some(super::view::draw(app, frame))) {
            Ok(_) => map.into_iter().for_each(|map| self.app.drawn(map)),
            Err(_) => self.lose_terminal(),
        }
    }

    fn input(&mut self, event: Option<io::Result<Event>>) {
        match event {
            Some(Ok(Event::Resize(..))) => self.changed = true,
            Some(Ok(event)) => {
                if let Some(action) = action(event) {
                    let effects = self.app.update(action, Instant::now().into_std());
                    self.changed = true;
                    self.carry_out(effects);
                }
            }
            Some(Err(_)) | None => self.lose_terminal(),
        }
    }

    fn signal(&mut self, signal: Signal) {
        self.changed = true;
        match signal {
            Signal::Suspend => self.suspend(false),
            Signal::Continue => {
                if self.host.continued().is_ok() {
                    self.redraw();
                } else {
                    self.lose_terminal();
                }
            }
            Signal::Hangup => self.lose_terminal(),
            Signal::Interrupt | Signal::Terminate if self.signalled => {
                self.exit = Some(ExitReason::Signal(signal.number()));
            }
            Signal::Interrupt | Signal::Terminate => {
                self.signalled = true;
                let effects = self.app.stop();
                // One who has typed stop and then sends a signal has asked twice as well.
                match effects.as_slice() {
                    [Effect::Quit] => self.exit = Some(ExitReason::Signal(signal.number())),
                    _ => self.carry_out(effects),
                }
            }
        }
    }

    fn absorb(&mut self, batch: Batch) {
        let closed = batch.closed;
        let effects = self.app.absorb(batch, Instant::now().into_std(), SystemTime::now());
        self.changed = true;
        self.carry_out(effects);
        if closed {
            self.exit = Some(ExitReason::Closed);
        }
    }

    fn tick(&mut self) {
        self.app.tick(Instant::now().into_std());
        self.changed = true;
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Run(number, command) => {
                    let reply = self.session.execute(command);
                    self.replies.spawn(async move { (number, reply.await) });
                }
                Effect::Suspend => self.suspend(true),
                Effect::Redraw => self.redraw(),
                Effect::Bell => self.host.bell(),
                Effect::Copy(text) => self.host.copy(&text),
                Effect::Quit => self.exit = Some(ExitReason::Forced),
            }
        }
    }

    fn suspend(&mut self, whole_group: bool) {
        match self.host.suspend(whole_group) {
            Ok(()) => self.redraw(),
            Err(_) => self.lose_terminal(),
        }
    }

    /// Draws all of it next time, also what should be there already. (`Terminal::clear` would
    /// ask the terminal where its cursor is and wait for the answer.)
    fn redraw(&mut self) {
        self.changed = true;
        self.next_frame = Instant::now();
        let cleared = self.terminal.size().and_then(|size| self.terminal.resize(ratatui::layout::Rect::from(size)));
        if cleared.is_err() {
            self.lose_terminal();
        }
    }

    /// Nobody is there to see or to type: what `stop` does, once.
    fn lose_terminal(&mut self) {
        if !self.gone {
            self.gone = true;
            let effects = self.app.stop();
            self.carry_out(effects.into_iter().filter(|effect| *effect != Effect::Quit).collect());
        }
    }
}
