//! A notice as a mail.

use std::time::{Duration, SystemTime};

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Mailboxes, MessageBuilder, MultiPart, SinglePart};
use sha2::{Digest, Sha256};

use super::{EmailContent, header};
use crate::channel::config::Email;
use crate::channel::key::hex;
use crate::channel::template::{ChannelTemplate, TextKind};
use crate::notify::Batch;

/// The texts of a channel's owner.
pub(in crate::channel) struct Texts {
    to: ChannelTemplate,
    from: ChannelTemplate,
    text: Option<ChannelTemplate>,
    html: Option<ChannelTemplate>,
    headers: Vec<(HeaderName, ChannelTemplate)>,
}

/// A mail, but for whom it goes to.
pub(in crate::channel) struct Letter {
    pub(in crate::channel) from: Mailbox,
    pub(in crate::channel) to: Vec<Mailbox>,
    content: EmailContent,
    headers: Vec<(HeaderName, String)>,
    key: String,
    /// What is wrong with the templates.
    pub(in crate::channel) noted: Option<String>,
}

impl Texts {
    pub(in crate::channel) fn new(config: &Email) -> Result<Self, String> {
        let template = |field: &str, text: &str, kind| {
            let template = ChannelTemplate::new(text, kind);
            template.map_err(|error| format!("`{field}`: {error}"))
        };
        let maybe = |field: &str, text: &Option<String>, kind| {
            let template = text.as_deref().map(|text| template(field, text, kind));
            template.transpose()
        };
        let mut headers = Vec::new();
        for (name, text) in &config.headers {
            let known = HeaderName::new_from_ascii(name.clone());
            let known = known.map_err(|_| format!("`headers`: `{name}` is no name of a header"))?;
            headers.push((known, template(name, text, TextKind::Plain)?));
        }
        Ok(Self {
            to: template("to", &config.to, TextKind::Plain)?,
            from: template("from", &config.from, TextKind::Plain)?,
            text: maybe("text", &config.text, TextKind::Plain)?,
            html: maybe("html", &config.html, TextKind::Html)?,
            headers,
        })
    }

    /// Fills in a batch. Where a text fails, the channel's own takes its place; sender and recipients have none.
    pub(in crate::channel) fn filled(
        &self,
        batch: &Batch,
        external_url: &str,
        key: &str,
    ) -> Result<Letter, String> {
        let must = |field: &str, template: &ChannelTemplate| {
            let text = template.render(batch, external_url);
            text.map_err(|error| format!("`{field}`: {error}"))
        };
        let from = must("from", &self.from)?.parse();
        let to: Result<Mailboxes, _> = must("to", &self.to)?.parse();
        let mut letter = Letter {
            from: from.map_err(|error| format!("`from`: {error}"))?,
            to: to
                .map_err(|error| format!("`to`: {error}"))?
                .into_iter()
                .collect(),
            content: EmailContent::new(batch),
            headers: Vec::new(),
            key: key.to_owned(),
            noted: None,
        };
        let mut fill = |field: &str, template: &ChannelTemplate| {
            let text = template.render(batch, external_url);
            text.map_err(|error| letter.noted = Some(format!("template `{field}`: {error}")))
                .ok()
        };
        if let Some(text) = self.text.as_ref().and_then(|it| fill("text", it)) {
            letter.content.text = text;
        }
        if let Some(html) = self.html.as_ref().and_then(|it| fill("html", it)) {
            letter.content.html = html;
        }
        for (name, template) in &self.headers {
            if let Some(text) = fill(name, template) {
                letter.headers.push((name.clone(), header(&text)));
            }
        }
        Ok(letter)
    }
}

impl Letter {
    /// Writes the mail to one recipient. It has the same name each time that it is written.
    pub(in crate::channel) fn message(
        &self,
        to: &Mailbox,
        now: Duration,
    ) -> Result<Vec<u8>, String> {
        let content = &self.content;
        let person = hex(&Sha256::digest(to.email.to_string()));
        let domain = self.from.email.domain();
        let mut message = MessageBuilder::new()
            .from(self.from.clone())
            .to(to.clone())
            .subject(content.subject.clone())
            .date(SystemTime::UNIX_EPOCH + now)
            .message_id(Some(format!("<{}.{}@{domain}>", self.key, &person[..16])))
            .in_reply_to(content.thread.clone())
            .references(content.thread.clone());
        let own = [
            ("Auto-Submitted", "auto-generated"),
            ("X-ADMF-Fingerprint", content.fingerprints.as_str()),
        ];
        for (name, value) in own {
            let name = HeaderName::new_from_ascii_str(name);
            message = message.raw_header(HeaderValue::new(name, value.to_owned()));
        }
        for (name, value) in &self.headers {
            message = message.raw_header(HeaderValue::new(name.clone(), value.clone()));
        }
        let part = |kind, text: &str| SinglePart::builder().header(kind).body(text.to_owned());
        // Named after the notice, so that a mail is the same each time.
        let mut parts = MultiPart::alternative()
            .boundary(format!("admf-{}", self.key))
            .build();
        if !content.text.is_empty() {
            parts = parts.singlepart(part(ContentType::TEXT_PLAIN, &content.text));
        }
        if !content.html.is_empty() {
            parts = parts.singlepart(part(ContentType::TEXT_HTML, &content.html));
        }
        let message = message
            .multipart(parts)
            .map_err(|error| error.to_string())?;
        Ok(message.formatted())
    }
}
