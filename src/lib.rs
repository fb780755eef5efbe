//! stan, a dev server that you talk to.
//!
//! # The map of the house
//!
//! A tower with wings. From the top, each floor knows only what is below it; `tests/house/layers.rs`
//! reads the imports and holds this.
//!
//! | floor | rooms |
//! |---|---|
//! | 6 | [`cli`], [`serve`], [`check`]: arguments become one of the ways to run |
//! | 5 | [`tui`], [`plain`], [`signals`]: the two front ends, and what the system wishes |
//! | 4 | [`session`]: the controller without a terminal; owns server, watcher and settings, executes commands |
//! | 3 | [`server`], [`watch`]: HTTP, and files that changed |
//! | 2 | [`config`], [`known`], [`mdns`]: what stan.conf says; what a front end has been told; a name on the network |
//! | 1 | [`command`], [`event`], [`exchange`]: the words that are shared: what a person types, what happened, one request and its answer |
//! | 0 | [`text`], [`net`], [`password`], [`qr`], [`footprint`]: sizes, durations, harmless text; addresses; hashes of passwords; codes to scan; memory given back |
//!
//! # The flow of data
//!
//! A typed word: key → `Action` → `App::update` → `Effect` → [`session`] executes the
//! [`command::Command`] → a ticket resolves → the line beside the prompt.
//!
//! A request: listener → connection → pipeline → site → target → answer, and a record into the
//! [`event::Feed`], which is bounded and never waits; what is lost is counted and shown.
//!
//! A saved file: [`watch`] → [`session`] → a new site is built and swapped whole (requests in
//! flight finish on the one they began with) → live reload → browsers.
//!
//! # Why our own HTTP/1
//!
//! Routes come from stan.conf at run time and one pipeline serves them all, so a framework's
//! compiled routers and extractors would stand idle. HTTP/1 is read and written by `server::http1`
//! itself: it refuses what two readers could understand differently, hears what a client does while
//! it is answered, and sends small files from memory and large ones by the kernel. HTTP/2 is hyper's.
//!
//! # Threads
//!
//! The front end has the main thread; server, watcher and session share a second one with a
//! runtime of its own. Neither waits for the other: orders go by channel with a ticket, events
//! come back by the feed.

pub mod check;
pub mod cli;
pub mod command;
pub mod config;
pub mod event;
pub mod exchange;
pub mod footprint;
pub mod known;
pub mod mdns;
pub mod net;
pub mod password;
pub mod plain;
pub mod qr;
pub mod serve;
pub mod server;
pub mod session;
pub mod signals;
pub mod text;
pub mod tui;
pub mod watch;
