//! The name on the network, kept where others can reach the server: claimed a little after the
//! start, told of moves, given back at the end.

use std::net::{IpAddr, Ipv4Addr};

use super::Session;
use crate::mdns::{Responder, Standing};

/// The name, and what it was last tried for.
#[derive(Default)]
pub(super) struct NameHere {
    responder: Option<Responder>,
    /// With these addresses there was no multicast.
    refused: Option<Vec<Ipv4Addr>>,
}

impl Session {
    /// Claims the name for these addresses, or tells it of them. Where there was no multicast, it is tried
    /// again when the addresses are others; one that broke off, at the next look.
    pub(super) fn keep_name(&mut self, lan: &[IpAddr]) {
        let four: Vec<Ipv4Addr> =
            lan.iter().filter_map(|ip| if let IpAddr::V4(ip) = ip { Some(*ip) } else { None }).collect();
        let name = &mut self.name;
        if let Some(responder) = &name.responder
            && !matches!(responder.standing(), Standing::Off(_))
        {
            responder.moved(four);
        } else if !four.is_empty() && name.refused.as_ref() != Some(&four) {
            name.responder = Responder::start(four.clone(), self.feed.clone()).ok();
            name.refused = name.responder.is_none().then_some(four);
        }
    }

    /// Nobody else can reach the server: the name leads nowhere.
    pub(super) fn drop_name(&mut self) {
        self.name = NameHere::default();
    }

    /// Gives the name back before the end.
    pub(super) async fn end_name(&mut self) {
        if let Some(responder) = self.name.responder.take() {
            responder.end().await;
        }
    }

    /// The URL by name, once there is one.
    pub(super) fn named_url(&self) -> Option<String> {
        match self.name.responder.as_ref()?.standing() {
            Standing::Named(name) => Some(format!("http://{name}:{}", self.port)),
            Standing::Asking | Standing::Off(_) => None,
        }
    }

    /// What `status` says of it.
    pub(super) fn name_status(&self) -> String {
        if !self.roams() {
            return "off, only for bind lan".to_owned();
        }
        match (self.name.responder.as_ref().map(Responder::standing), &self.name.refused) {
            (Some(Standing::Named(name)), _) => name,
            (Some(Standing::Off(why)), _) => format!("off, {why}"),
            (Some(Standing::Asking), _) | (None, None) => "not yet".to_owned(),
            (None, Some(_)) => "off, no multicast here".to_owned(),
        }
    }
}
