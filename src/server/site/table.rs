//! The order of the route table, and its rows as they are shown.

use std::sync::Arc;

use super::{Found, Match, Route, Site};
use crate::config;
use crate::event::RouteRow;
use crate::server::target::Target;

impl Site {
    /// The route table in the order in which it is tried, without what no request can reach.
    pub fn table(&self) -> Arc<[RouteRow]> {
        let reached = (0..self.routes.len()).filter(|index| self.is_reached(*index));
        reached.map(|index| self.routes[index].row.clone()).collect()
    }

    /// Whether the upload page answers at its own path and receives below it, rather than a route of stan.conf.
    pub fn has_upload_page(&self) -> bool {
        let path = &self.config.upload.path;
        let page = self.find(&http::Method::GET, path);
        let is_page = matches!(page, Match::Found(found) if matches!(found.route.target, Target::Upload(_)));
        is_page && self.is_upload(&format!("{path}/a"))
    }

    /// Whether any request gets to a route: explicit ones may cover those that stan adds.
    fn is_reached(&self, index: usize) -> bool {
        let route = &self.routes[index];
        if index == self.fallback {
            return !self.routes.iter().take(self.upload).any(|explicit| explicit.order == specificity("/{*rest}"));
        }
        let leads_here = |method| match self.find(method, &route.row.path) {
            Match::Found(Found { route: found, .. }) => std::ptr::eq::<Route>(found, route),
            Match::Method(_) => false,
        };
        index < self.upload || route.methods.is_empty() || route.methods.iter().any(leads_here)
    }
}

/// Where an explicit route stands among others: a folder answers for all below it.
pub(super) fn order(route: &config::Route) -> Vec<u8> {
    route.patterns().iter().map(|pattern| specificity(pattern)).max().unwrap_or_default()
}

/// Sorts the most specific pattern first: fixed segments before parameters before catch-alls.
fn specificity(path: &str) -> Vec<u8> {
    let rank = |segment: &str| match segment {
        s if s.contains("{*") => 2,
        s if s.contains('{') => 1,
        _ => 0,
    };
    path.split('/').map(rank).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_segments_come_before_parameters_before_catch_alls() {
        let mut paths = ["/{*rest}", "/hello/{name}", "/hello/ada", "/{a}/{b}"];
        paths.sort_by_key(|path| specificity(path));
        assert_eq!(paths, ["/hello/ada", "/hello/{name}", "/{a}/{b}", "/{*rest}"]);
    }

    /// A site with an upload page, a template `about.html` and routes to another server.
    fn site(paths: &[&str], enabled: bool) -> (tempfile::TempDir, Site) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("templates")).unwrap();
        std::fs::create_dir_all(folder.path().join("static_file")).unwrap();
        std::fs::write(folder.path().join("templates/about.html"), "about").unwrap();
        let routes = paths.iter().map(|path| format!("[[route]]\npath = \"{path}\"\nproxy = \"http://127.0.0.1:1\"\n"));
        std::fs::write(folder.path().join("stan.conf"), routes.collect::<String>()).unwrap();
        let flags = config::Flags { no_upload: !enabled, ..config::Flags::default() };
        let layers = config::Layers::load(folder.path(), flags, &|_| None).unwrap();
        let (feed, _reader) = crate::event::feed();
        let store = crate::server::store::Store::new(feed.clone());
        let apps = crate::server::apps::Apps::new(feed);
        let site = Site::build(&Arc::new(layers.config().clone()), &store, &apps).unwrap();
        (folder, site)
    }

    fn kinds(site: &Site) -> Vec<(String, String)> {
        site.table().iter().map(|row| (row.kind.clone(), row.path.clone())).collect()
    }

    #[test]
    fn a_route_that_covers_the_upload_page_takes_its_place() {
        for path in ["/{*rest}", "/", "/{page}", "/upload", "/upload/{*rest}"] {
            let (_folder, site) = site(&[path], true);
            assert!(!site.has_upload_page() && !site.is_upload("/upload/a.jpg"), "{path}");
        }
        let (_folder, covered) = site(&["/{*rest}"], true);
        assert!(!covered.is_upload("/upload/a.jpg"));
        let (_folder, beside) = site(&["/app/{*rest}"], true);
        assert!(beside.is_upload("/upload") && beside.is_upload("/upload/a.jpg") && !beside.is_upload("/uploads"));
    }

    #[test]
    fn one_that_is_off_is_in_nobodys_way() {
        let (_folder, site) = site(&["/{*rest}"], false);
        assert!(!site.has_upload_page());
        assert_eq!(kinds(&site).len(), 1, "{:?}", kinds(&site));
    }

    #[test]
    fn what_no_request_reaches_is_left_out() {
        let (_folder, covered) = site(&["/{*rest}"], true);
        assert_eq!(kinds(&covered).len(), 1, "{:?}", kinds(&covered));
        let (_folder, beside) = site(&["/api/{*rest}", "/about"], true);
        let kinds: Vec<_> = kinds(&beside).into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds, ["proxy", "proxy", "upload", "static"]);
    }
}
