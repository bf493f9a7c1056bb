//! A notice as a mail.

use std::time::{Duration, SystemTime};

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Mailboxes, MessageBuilder, MultiPart, SinglePart};
use sha2::{Digest, Sha256};

use super::{EmailContent, header};
use crate::channel::key::hex;
use crate::channel::texts::{EmailTexts, Filler};
use crate::notify::Batch;

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

/// Refuses names that no header has.
pub(in crate::channel) fn check(texts: &EmailTexts) -> Result<(), String> {
    texts
        .headers
        .iter()
        .try_for_each(|(name, _)| named(name).map(drop))
}

fn named(name: &str) -> Result<HeaderName, String> {
    let known = HeaderName::new_from_ascii(name.to_owned());
    known.map_err(|_| format!("`headers`: `{name}` is no name of a header"))
}

impl Letter {
    /// Fills in a batch. Where a text fails, the channel's own takes its place; sender and recipients have none.
    pub(in crate::channel) fn new(
        texts: &EmailTexts,
        batch: &Batch,
        external_url: &str,
        key: &str,
    ) -> Result<Self, String> {
        let mut filler = Filler::new(batch, external_url);
        let from = filler.must(&texts.from)?.parse();
        let to: Result<Mailboxes, _> = filler.must(&texts.to)?.parse();
        let mut content = EmailContent::new(batch);
        if let Some(text) = filler.fill(&texts.text) {
            content.text = text;
        }
        if let Some(html) = filler.fill(&texts.html) {
            content.html = html;
        }
        let mut headers = Vec::new();
        for (name, text) in &texts.headers {
            if let Some(text) = filler.fill(text) {
                headers.push((named(name)?, header(&text)));
            }
        }
        Ok(Self {
            from: from.map_err(|error| format!("`from`: {error}"))?,
            to: to
                .map_err(|error| format!("`to`: {error}"))?
                .into_iter()
                .collect(),
            content,
            headers,
            key: key.to_owned(),
            noted: filler.noted,
        })
    }

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
