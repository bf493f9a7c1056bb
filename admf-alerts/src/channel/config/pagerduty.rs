//! PagerDuty.

use std::collections::BTreeMap;

use super::{Common, Http, Secret};

/// Sets up events for PagerDuty, by version 2 of its Events API. All texts are templates.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PagerDuty {
    /// What all channels are told.
    pub common: Common,
    /// The key of the integration.
    pub routing_key: Secret,
    /// Where it is. Default: `https://events.pagerduty.com/v2/enqueue`.
    pub url: Secret,
    /// How it is asked.
    pub http: Http,
    /// Who sends.
    pub client: Option<String>,
    /// Where that is found.
    pub client_url: Option<String>,
    /// What has happened, in one sentence.
    pub description: Option<String>,
    /// `critical`, `error`, `warning` or `info`. Default: from the label `severity`.
    pub severity: Option<String>,
    /// What else there is to say, besides what the channel says by itself.
    pub details: BTreeMap<String, String>,
    /// Pictures: `src`, `alt` and where they lead.
    pub images: Vec<Link>,
    /// Links: where they lead and a `text`.
    pub links: Vec<Link>,
    /// What kind of thing.
    pub class: Option<String>,
    /// What part.
    pub component: Option<String>,
    /// Which group of parts.
    pub group: Option<String>,
}

impl PagerDuty {
    /// Where PagerDuty takes events.
    pub const URL: &'static str = "https://events.pagerduty.com/v2/enqueue";

    /// Sends for an integration.
    pub fn new(routing_key: impl Into<Secret>) -> Self {
        Self {
            common: Common::default(),
            routing_key: routing_key.into(),
            url: Secret::new(Self::URL),
            http: Http::default(),
            client: None,
            client_url: None,
            description: None,
            severity: None,
            details: BTreeMap::new(),
            images: Vec::new(),
            links: Vec::new(),
            class: None,
            component: None,
            group: None,
        }
    }
}

/// A link or a picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Where it leads.
    pub href: String,
    /// What stands there, of a link.
    pub text: String,
    /// Where a picture is.
    pub src: String,
    /// What stands in place of a picture.
    pub alt: String,
}
