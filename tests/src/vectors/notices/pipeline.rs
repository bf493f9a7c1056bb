//! A notifier for a case.

use std::collections::BTreeMap;

use admf_alerts::notify::{Config, Integration, Notifier, Route};

use super::super::schema::Checked;

/// Declares every receiver that a tree names, with one integration.
pub(super) fn one_receiver(route: Route) -> Config {
    let mut receivers = BTreeMap::new();
    let mut routes = vec![&route];
    while let Some(route) = routes.pop() {
        routes.extend(&route.routes);
        let name = route.receiver.clone();
        receivers.extend(name.map(|name| (name, vec![Integration::default()])));
    }
    let mut config = Config::default();
    (config.route, config.receivers) = (route, receivers);
    config
}

/// Begins; chance returns a half.
pub(super) fn notifier(config: Config) -> Checked<Notifier> {
    Notifier::new(config, || 0.5)
}
