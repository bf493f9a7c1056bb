//! Slack.

use super::{Common, Http, Secret};

/// Sets up messages in Slack. All texts are templates.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Slack {
    /// What all channels are told.
    pub common: Common,
    /// The address of the incoming webhook, or of the API.
    pub api_url: Secret,
    /// How it is asked.
    pub http: Http,
    /// The channel; webhooks of apps do not heed it.
    pub channel: String,
    /// Who writes.
    pub username: Option<String>,
    /// `good`, `warning`, `danger` or a colour.
    pub color: Option<String>,
    /// The title.
    pub title: Option<String>,
    /// Where it leads.
    pub title_link: Option<String>,
    /// The text before.
    pub pretext: Option<String>,
    /// The text.
    pub text: Option<String>,
    /// Short texts with titles.
    pub fields: Vec<Field>,
    /// Whether fields stand side by side that do not say. Default: no.
    pub short_fields: bool,
    /// The text below.
    pub footer: Option<String>,
    /// The text where nothing else can be shown.
    pub fallback: Option<String>,
    /// Names the message for the buttons.
    pub callback_id: Option<String>,
    /// A picture of who writes.
    pub icon_emoji: Option<String>,
    /// The address of a picture of who writes.
    pub icon_url: Option<String>,
    /// The address of a picture.
    pub image_url: Option<String>,
    /// The address of a small picture.
    pub thumb_url: Option<String>,
    /// Whether names of channels and people lead to them. Default: no.
    pub link_names: bool,
    /// In which texts marks are heeded. Default: `fallback`, `pretext` and `text`.
    pub mrkdwn_in: Option<Vec<String>>,
    /// Buttons and links.
    pub actions: Vec<Action>,
}

impl Slack {
    /// Posts to a webhook.
    pub fn new(api_url: impl Into<Secret>) -> Self {
        Self {
            common: Common::default(),
            api_url: api_url.into(),
            http: Http::default(),
            channel: String::new(),
            username: None,
            color: None,
            title: None,
            title_link: None,
            pretext: None,
            text: None,
            fields: Vec::new(),
            short_fields: false,
            footer: None,
            fallback: None,
            callback_id: None,
            icon_emoji: None,
            icon_url: None,
            image_url: None,
            thumb_url: None,
            link_names: false,
            mrkdwn_in: None,
            actions: Vec::new(),
        }
    }
}

/// A short text with a title.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    /// The title.
    pub title: String,
    /// The text.
    pub value: String,
    /// Whether it stands beside others; `None`: as `short_fields` says.
    pub short: Option<bool>,
}

/// A button or a link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Action {
    /// `button`.
    pub kind: String,
    /// What stands on it.
    pub text: String,
    /// Where it leads; else it has a `name`.
    pub url: String,
    /// How it looks.
    pub style: String,
    /// What it is called; else it has a `url`.
    pub name: String,
    /// What it says.
    pub value: String,
    /// What is asked before.
    pub confirm: Option<Confirmation>,
}

/// What is asked before an action.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confirmation {
    /// What is asked.
    pub text: String,
    /// Above it.
    pub title: String,
    /// On the button that goes on.
    pub ok_text: String,
    /// On the one that does not.
    pub dismiss_text: String,
}
