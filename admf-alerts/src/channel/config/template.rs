//! Channels as alert templates set them up.

use super::{
    Alertmanager, Auth, Channel, Console, Email, PagerDuty, Retry, Secret, Slack, Smarthost,
    Webhook,
};
use crate::alert_template::{self, Setting};

/// Takes the settings of a channel, each once.
struct Settings<'c> {
    of: &'c alert_template::Channel,
    left: Vec<&'c str>,
}

impl<'c> Settings<'c> {
    fn secret(&mut self, key: &str) -> Result<Option<&'c Secret>, String> {
        self.left.retain(|it| *it != key);
        match self.of.config.get(key) {
            None => Ok(None),
            Some(Setting::Text(text)) if text.known() != Some("") => Ok(Some(text)),
            Some(_) => Err(self.refused(&format!("config.{key} must be a text"))),
        }
    }

    fn needed<T>(&self, key: &str, found: Option<T>) -> Result<T, String> {
        found.ok_or_else(|| self.refused(&format!("config.{key} must be set")))
    }

    fn needed_secret(&mut self, key: &str) -> Result<Secret, String> {
        let secret = self.secret(key)?;
        self.needed(key, secret).cloned()
    }

    fn text(&mut self, key: &str) -> Result<Option<&'c str>, String> {
        let secret = self.secret(key)?;
        secret.map(|it| self.plain(key, it)).transpose()
    }

    /// A text that is not in a file.
    fn plain(&self, key: &str, of: &'c Secret) -> Result<&'c str, String> {
        let known = of.known();
        known.ok_or_else(|| self.refused(&format!("config.{key} cannot be in a file")))
    }

    fn needed_text(&mut self, key: &str) -> Result<&'c str, String> {
        let text = self.text(key)?;
        self.needed(key, text)
    }

    /// A text, or several.
    fn texts(&mut self, key: &str) -> Result<Vec<&'c str>, String> {
        let Some(Setting::List(texts)) = self.of.config.get(key) else {
            return Ok(vec![self.needed_text(key)?]);
        };
        self.left.retain(|it| *it != key);
        match texts.is_empty() {
            true => Err(self.refused(&format!("config.{key} must not be empty"))),
            false => texts.iter().map(|it| self.plain(key, it)).collect(),
        }
    }

    /// An address of HTTP.
    fn address(&mut self, key: &str) -> Result<Secret, String> {
        let secret = self.needed_secret(key)?;
        if let Some(text) = secret.known() {
            let checked = crate::alertmanager_file::check_address(text);
            checked.map_err(|problem| self.refused(&format!("config.{key} {problem}")))?;
        }
        Ok(secret)
    }

    fn refused(&self, problem: &str) -> String {
        format!("channel `{}`: {problem}", self.of.name)
    }
}

/// Reads what a template says of a channel that it sets up.
///
/// | kind | settings |
/// |---|---|
/// | `slack` | `webhookUrl`; `channel` |
/// | `webhook` | `url`; `authToken` |
/// | `pagerduty` | `integrationKey` |
/// | `email` | `smtpHost`, `from`, `to` (a text or several); `smtpPort` (587), `smtpUser`, `smtpPassword` |
/// | `alertmanager` | `urls` (a text or several) |
/// | `console` | |
impl TryFrom<&alert_template::Channel> for Channel {
    type Error = String;

    /// # Errors
    ///
    /// Says which setting is unknown, missing or wrong, and never what it is.
    fn try_from(of: &alert_template::Channel) -> Result<Self, String> {
        let left = of.config.keys().map(String::as_str).collect();
        let mut settings = Settings { of, left };
        let mut channel = match of.kind.as_str() {
            "slack" => slack(&mut settings)?,
            "webhook" => webhook(&mut settings)?,
            "pagerduty" => {
                Self::PagerDuty(PagerDuty::new(settings.needed_secret("integrationKey")?))
            }
            "email" => email(&mut settings)?,
            "alertmanager" => alertmanager(&mut settings)?,
            "console" => Self::Console(Console::default()),
            kind => return Err(settings.refused(&format!("`{kind}` is no kind of channel"))),
        };
        if let Some(key) = settings.left.first() {
            return Err(settings.refused(&format!("config.{key} is not known of `{}`", of.kind)));
        }
        let common = channel.common_mut();
        common.enabled = of.enabled;
        if of.retry_attempts.is_some() || of.retry_delay.is_some() {
            common.retry = Some(Retry {
                attempts: of.retry_attempts.unwrap_or(Retry::ATTEMPTS),
                delay: of.retry_delay.unwrap_or(Retry::DELAY),
            });
        }
        Ok(channel)
    }
}

fn slack(settings: &mut Settings<'_>) -> Result<Channel, String> {
    let mut slack = Slack::new(settings.address("webhookUrl")?);
    slack.channel = settings.text("channel")?.unwrap_or_default().to_owned();
    Ok(Channel::Slack(slack))
}

fn webhook(settings: &mut Settings<'_>) -> Result<Channel, String> {
    let mut webhook = Webhook::new(settings.address("url")?);
    let token = settings.secret("authToken")?;
    webhook.http.auth = token.cloned().map(Auth::bearer);
    Ok(Channel::Webhook(webhook))
}

fn alertmanager(settings: &mut Settings<'_>) -> Result<Channel, String> {
    let urls = settings.texts("urls")?;
    for url in &urls {
        let checked = crate::alertmanager_file::check_address(url);
        checked.map_err(|problem| settings.refused(&format!("config.urls {problem}")))?;
    }
    Ok(Channel::Alertmanager(Alertmanager::new(urls)))
}

fn email(settings: &mut Settings<'_>) -> Result<Channel, String> {
    let host = settings.needed_text("smtpHost")?;
    let port = settings.text("smtpPort")?.unwrap_or("587");
    if port.parse::<u16>().is_err() {
        return Err(settings.refused("config.smtpPort must be a port"));
    }
    let to = settings.texts("to")?.join(", ");
    let from = settings.needed_text("from")?;
    let mut email = Email::new(to, from, Smarthost::new(host, port));
    let (user, password) = (settings.text("smtpUser")?, settings.secret("smtpPassword")?);
    if user.is_some() != password.is_some() {
        return Err(settings.refused("config.smtpUser and config.smtpPassword go together"));
    }
    email.auth_username = user.unwrap_or_default().to_owned();
    email.auth_password = password.cloned();
    Ok(Channel::Email(email))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_channel_of_a_template_is_the_channel_that_any_other_form_sets_up() {
        let slack = alert_template::Channel::new("slack", "ops")
            .set("webhookUrl", "https://hooks.example/T0")
            .set("channel", "#ops")
            .retry(2, Duration::from_secs(15));
        let mut expected = Slack::new("https://hooks.example/T0");
        expected.channel = "#ops".to_owned();
        expected.common.retry = Some(Retry {
            attempts: 2,
            delay: Duration::from_secs(15),
        });
        assert_eq!(Channel::try_from(&slack), Ok(Channel::Slack(expected)));
        let mail = alert_template::Channel::new("email", "mail")
            .set("smtpHost", "mail.example")
            .set("from", "a@example")
            .set("to", "b@example")
            .disabled();
        let mail = Channel::try_from(&mail).expect("it is sound");
        assert!(!mail.common().enabled);
    }

    #[test]
    fn a_setting_that_is_wrong_is_named_and_not_said() {
        for (kind, key, problem) in [
            (
                "slack",
                "webhookUrl",
                "config.webhookUrl must be an address of HTTP: there is no scheme",
            ),
            (
                "pagerduty",
                "serviceKey",
                "config.integrationKey must be set",
            ),
            (
                "console",
                "colour",
                "config.colour is not known of `console`",
            ),
        ] {
            let channel = alert_template::Channel::new(kind, "c").set(key, "hush");
            let error = Channel::try_from(&channel).expect_err("it is wrong");
            assert_eq!(error, format!("channel `c`: {problem}"));
        }
    }
}
