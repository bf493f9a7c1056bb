//! Where a channel leads, so that what was told by it is told from what was told by others.

use sha2::{Digest, Sha256};

use super::{Channel, Origin, Secret};

impl Channel {
    /// Names what it is and where it leads: its kind, and 16 digits that nothing can be read from.
    ///
    /// The same in each process that is told the same, whatever texts, times and passwords become. A secret from a variable
    /// or a file counts by the name of that, so that another one there changes nothing.
    pub(super) fn place(&self) -> String {
        let mut place = Place(Sha256::new());
        match self {
            Self::Email(it) => place.text(&it.to),
            Self::Slack(it) => {
                place.secret(&it.api_url);
                place.text(&it.channel);
            }
            Self::Webhook(it) => place.secret(&it.url),
            Self::PagerDuty(it) => {
                place.secret(&it.url);
                place.secret(&it.routing_key);
            }
            Self::Alertmanager(it) => it.urls.iter().for_each(|it| place.secret(it)),
            Self::Console(it) => place.text(if it.stderr { "stderr" } else { "stdout" }),
            Self::File(it) => place.text(&it.path.to_string_lossy()),
        }
        let digest = place.0.finalize();
        let digits = digest.iter().take(8).map(|byte| format!("{byte:02x}"));
        format!("{} {}", self.kind(), digits.collect::<String>())
    }
}

struct Place(Sha256);

impl Place {
    fn text(&mut self, text: &str) {
        self.0.update(text);
        self.0.update([0xff]);
    }

    fn secret(&mut self, secret: &Secret) {
        match secret.origin() {
            Origin::Text => self.text(&without_user(secret.known().unwrap_or_default())),
            Origin::Env(name) => self.text(&format!("$ {name}")),
            Origin::File(path) => self.text(&format!("< {}", path.display())),
        }
    }
}

/// Leaves out who asks, since a name and a password are guessed more easily than an address that is a secret.
fn without_user(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{Alertmanager, Auth, Console, Email, File, PagerDuty, Slack, Smarthost};
    use super::super::{Limit, Webhook};
    use super::*;

    fn webhook(url: impl Into<Secret>) -> Channel {
        Channel::Webhook(Webhook::new(url))
    }

    fn slack(url: &str, channel: &str) -> Channel {
        let mut slack = Slack::new(url);
        channel.clone_into(&mut slack.channel);
        Channel::Slack(slack)
    }

    fn env(value: &str) -> Secret {
        Secret::env("HOOK", |_| Some(value.to_owned())).expect("it is set")
    }

    #[test]
    fn channels_that_lead_elsewhere_have_other_places() {
        let mail = |to: &str| Channel::Email(Email::new(to, "me", Smarthost::new("mail", "25")));
        let url = "https://hooks.example/one";
        let all = [
            webhook(url),
            webhook("https://hooks.example/two"),
            webhook("https://hooks.example/one?to=me"),
            webhook(env(url)),
            webhook(Secret::file("HOOK")),
            slack(url, ""),
            slack(url, "#ops"),
            slack("https://hooks.example/two", "#ops"),
            mail("a@example"),
            mail("b@example"),
            Channel::PagerDuty(PagerDuty::new("one")),
            Channel::PagerDuty(PagerDuty::new("two")),
            Channel::Alertmanager(Alertmanager::new([url])),
            Channel::Alertmanager(Alertmanager::new([url, url])),
            Channel::Console(Console::default()),
            Channel::Console(Console {
                stderr: true,
                ..Console::default()
            }),
            Channel::File(File::new("one")),
            Channel::File(File::new("two")),
        ];
        let mut places: Vec<String> = all.iter().map(Channel::place).collect();
        places.sort();
        places.dedup();
        assert_eq!(places.len(), all.len(), "{places:?}");
    }

    #[test]
    fn a_channel_that_leads_where_it_did_has_its_place() {
        let url = "https://hooks.example/one";
        let place = webhook(url).place();
        let mut other = webhook("https://me:hush@hooks.example/one");
        let common = other.common_mut();
        common.send_resolved = false;
        common.limit = Some(Limit {
            notices: 1,
            per: Duration::from_secs(1),
        });
        if let Channel::Webhook(it) = &mut other {
            it.http.auth = Some(Auth::bearer("token".into()));
            it.signing_key = Some("key".into());
        }
        assert_eq!(other.place(), place);
        assert_eq!(webhook(env("one")).place(), webhook(env("two")).place());
    }

    /// Processes of other versions, and replicas, have to agree.
    #[test]
    fn a_place_is_a_kind_and_16_digits_that_stay_the_same() {
        let place = webhook("https://hooks.example/one").place();
        assert_eq!(place, "webhook 41414529a3967275");
    }
}
