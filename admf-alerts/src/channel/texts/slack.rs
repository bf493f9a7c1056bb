//! Texts of messages in Slack.

use super::{Filler, Reader, Text, TextError, each};
use crate::channel::config::{Action, Field, Slack};
use crate::channel::slack::{
    SlackAction, SlackAttachment, SlackConfirmation, SlackField, SlackMessage, TITLE,
};
use crate::channel::truncate;
use crate::notify::Batch;

/// The texts of messages, read once.
#[derive(Clone, Debug)]
pub struct SlackTexts {
    channel: Option<Text>,
    username: Option<Text>,
    icon_emoji: Option<Text>,
    icon_url: Option<Text>,
    link_names: bool,
    attachment: Option<Box<Attachment>>,
}

/// What the owner of a channel says of the one attachment; what he does not is worded here.
#[derive(Clone, Debug)]
struct Attachment {
    title: Option<Text>,
    title_link: Option<Text>,
    pretext: Option<Text>,
    text: Option<Text>,
    fallback: Option<Text>,
    callback_id: Option<Text>,
    image_url: Option<Text>,
    thumb_url: Option<Text>,
    footer: Option<Text>,
    color: Option<Text>,
    mrkdwn_in: Vec<String>,
    fields: Vec<(Text, Text, bool)>,
    actions: Vec<ActionTexts>,
}

/// The texts of a button, in the order of [`SlackAction`]'s, and of what is asked before.
#[derive(Clone, Debug)]
struct ActionTexts {
    own: [Option<Text>; 6],
    confirm: Option<[Option<Text>; 4]>,
}

impl SlackTexts {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// Says which is no template, and why.
    pub fn new(config: &Slack) -> Result<Self, TextError> {
        let reader = Reader(&config.common.definitions);
        Ok(Self {
            channel: reader.filled("channel", &config.channel)?,
            username: reader.maybe("username", &config.username)?,
            icon_emoji: reader.maybe("icon_emoji", &config.icon_emoji)?,
            icon_url: reader.maybe("icon_url", &config.icon_url)?,
            link_names: config.link_names,
            attachment: match is_worded(config) {
                true => Some(Box::new(Attachment::new(config, reader)?)),
                false => None,
            },
        })
    }
}

/// Says whether the owner of a channel words its attachment.
fn is_worded(config: &Slack) -> bool {
    let texts = [
        &config.title,
        &config.title_link,
        &config.pretext,
        &config.text,
        &config.fallback,
        &config.callback_id,
        &config.image_url,
        &config.thumb_url,
        &config.footer,
        &config.color,
    ];
    let more = config.mrkdwn_in.is_some();
    more || texts.iter().any(|it| it.is_some())
        || !config.fields.is_empty()
        || !config.actions.is_empty()
}

impl Attachment {
    fn new(config: &Slack, reader: Reader<'_>) -> Result<Self, TextError> {
        let read_field = |field: &str, it: &Field| {
            let title = reader.text(format!("{field}.title"), &it.title)?;
            let value = reader.text(format!("{field}.value"), &it.value)?;
            Ok((title, value, it.short.unwrap_or(config.short_fields)))
        };
        let action = |field: &str, it: &Action| ActionTexts::new(field, it, reader);
        let marked = config.mrkdwn_in.clone().filter(|it| !it.is_empty());
        Ok(Self {
            title: reader.maybe("title", &config.title)?,
            title_link: reader.maybe("title_link", &config.title_link)?,
            pretext: reader.maybe("pretext", &config.pretext)?,
            text: reader.maybe("text", &config.text)?,
            fallback: reader.maybe("fallback", &config.fallback)?,
            callback_id: reader.maybe("callback_id", &config.callback_id)?,
            image_url: reader.maybe("image_url", &config.image_url)?,
            thumb_url: reader.maybe("thumb_url", &config.thumb_url)?,
            footer: reader.maybe("footer", &config.footer)?,
            color: reader.maybe("color", &config.color)?,
            mrkdwn_in: marked
                .unwrap_or_else(|| ["fallback", "pretext", "text"].map(str::to_owned).to_vec()),
            fields: each("fields", &config.fields, read_field)?,
            actions: each("actions", &config.actions, action)?,
        })
    }

    fn filled(&self, batch: &Batch, filler: &mut Filler<'_>) -> SlackAttachment {
        let mut told = SlackAttachment::of_all(batch);
        // Somebody has to say what it is about.
        if self.text.is_none() && !self.fields.is_empty() {
            told.text.clear();
        }
        filler.put(&self.text, &mut told.text);
        filler.put(&self.title, &mut told.title);
        told.title = truncate::chars(&told.title, TITLE).0;
        let fields = self.fields.iter().map(|(title, value, short)| SlackField {
            title: filler.or_empty(title),
            value: filler.or_empty(value),
            short: *short,
        });
        told.fields = fields.collect();
        told.actions = self.actions.iter().map(|it| it.filled(filler)).collect();
        filler.put(&self.title_link, &mut told.title_link);
        filler.put(&self.pretext, &mut told.pretext);
        filler.put(&self.fallback, &mut told.fallback);
        filler.put(&self.callback_id, &mut told.callback_id);
        filler.put(&self.image_url, &mut told.image_url);
        filler.put(&self.thumb_url, &mut told.thumb_url);
        filler.put(&self.footer, &mut told.footer);
        filler.put(&self.color, &mut told.color);
        told.mrkdwn_in.clone_from(&self.mrkdwn_in);
        told
    }
}

impl ActionTexts {
    fn new(field: &str, of: &Action, reader: Reader<'_>) -> Result<Self, TextError> {
        let text = |name: &str, text: &str| reader.filled(format!("{field}.{name}"), text);
        let confirm = of.confirm.as_ref().map(|of| {
            Ok([
                text("confirm.text", &of.text)?,
                text("confirm.title", &of.title)?,
                text("confirm.ok_text", &of.ok_text)?,
                text("confirm.dismiss_text", &of.dismiss_text)?,
            ])
        });
        Ok(Self {
            own: [
                text("type", &of.kind)?,
                text("text", &of.text)?,
                text("url", &of.url)?,
                text("style", &of.style)?,
                text("name", &of.name)?,
                text("value", &of.value)?,
            ],
            confirm: confirm.transpose()?,
        })
    }

    fn filled(&self, filler: &mut Filler<'_>) -> SlackAction {
        let [kind, text, url, style, name, value] = &self.own;
        SlackAction {
            kind: filler.or_empty(kind),
            text: filler.or_empty(text),
            url: filler.or_empty(url),
            style: filler.or_empty(style),
            name: filler.or_empty(name),
            value: filler.or_empty(value),
            confirm: self.confirm.as_ref().map(|confirm| {
                let [text, title, ok_text, dismiss_text] = confirm;
                SlackConfirmation {
                    text: filler.or_empty(text),
                    title: filler.or_empty(title),
                    ok_text: filler.or_empty(ok_text),
                    dismiss_text: filler.or_empty(dismiss_text),
                }
            }),
        }
    }
}

impl SlackMessage {
    /// Tells of a batch in the words of the channel's owner, as far as he has any; returns what is wrong with them too.
    ///
    /// Where he words anything of the attachment it is one for the whole batch, as in Alertmanager; else there is one for each
    /// alert. `external_url` is where this notifier is found. What he fills in is not escaped.
    #[must_use]
    pub fn filled(batch: &Batch, external_url: &str, texts: &SlackTexts) -> (Self, Option<String>) {
        let mut filler = Filler::new(batch, external_url);
        let channel = filler.or_empty(&texts.channel);
        let mut message = match &texts.attachment {
            None => Self::new(batch, &channel),
            Some(attachment) => Self {
                channel,
                attachments: vec![attachment.filled(batch, &mut filler)],
                ..Self::default()
            },
        };
        filler.put(&texts.username, &mut message.username);
        filler.put(&texts.icon_emoji, &mut message.icon_emoji);
        filler.put(&texts.icon_url, &mut message.icon_url);
        message.link_names = texts.link_names;
        (message, filler.noted)
    }
}
