//! Slack.

use super::fields::{Around, filled, given, texts, there, truth};
use super::global::Global;
use super::{http, receiver};
use crate::channel::config::{Action, Confirmation, Field, Slack};
use crate::yaml::{At, Read};

const SLACK: &[&str] = &[
    "send_resolved",
    "http_config",
    "api_url",
    "api_url_file",
    "channel",
    "username",
    "color",
    "title",
    "title_link",
    "pretext",
    "text",
    "fields",
    "short_fields",
    "footer",
    "fallback",
    "callback_id",
    "icon_emoji",
    "icon_url",
    "image_url",
    "thumb_url",
    "link_names",
    "mrkdwn_in",
    "actions",
];

pub(super) fn slack(at: &At<'_>, global: &Global, around: Around<'_>) -> Read<Slack> {
    at.knows(SLACK)?;
    let url = around.address(at, "api_url", Some("api_url_file"))?;
    let url = url.or_else(|| global.slack.clone());
    let url = url.ok_or_else(|| {
        at.refused("there is no `api_url`, here or as `slack_api_url` in `global`")
    })?;
    let fields = at.list("fields")?.into_iter().map(|at| field(&at));
    let actions = at.list("actions")?.into_iter().map(|at| action(&at));
    Ok(Slack {
        common: receiver::common(at, false)?,
        http: http::http(at, around)?.unwrap_or_else(|| global.http.clone()),
        channel: given(at, "channel")?.unwrap_or_default(),
        username: given(at, "username")?,
        color: given(at, "color")?,
        title: given(at, "title")?,
        title_link: given(at, "title_link")?,
        pretext: given(at, "pretext")?,
        text: given(at, "text")?,
        fields: fields.collect::<Read<_>>()?,
        short_fields: truth(at, "short_fields")?.unwrap_or(false),
        footer: given(at, "footer")?,
        fallback: given(at, "fallback")?,
        callback_id: given(at, "callback_id")?,
        icon_emoji: given(at, "icon_emoji")?,
        icon_url: given(at, "icon_url")?,
        image_url: given(at, "image_url")?,
        thumb_url: given(at, "thumb_url")?,
        link_names: truth(at, "link_names")?.unwrap_or(false),
        mrkdwn_in: at
            .some("mrkdwn_in")
            .map(|_| texts(at, "mrkdwn_in"))
            .transpose()?,
        actions: actions.collect::<Read<_>>()?,
        ..Slack::new(url)
    })
}

fn needed(at: &At<'_>, key: &str) -> Read<String> {
    filled(at, key)?.ok_or_else(|| at.refused(format!("there is no `{key}`")))
}

fn field(at: &At<'_>) -> Read<Field> {
    there(at)?;
    at.knows(&["title", "value", "short"])?;
    Ok(Field {
        title: needed(at, "title")?,
        value: needed(at, "value")?,
        short: truth(at, "short")?,
    })
}

fn action(at: &At<'_>) -> Read<Action> {
    there(at)?;
    at.knows(&["type", "text", "url", "style", "name", "value", "confirm"])?;
    let text = |key| given(at, key).map(Option::unwrap_or_default);
    let confirm = at.some("confirm").map(|at| {
        at.knows(&["text", "title", "ok_text", "dismiss_text"])?;
        let text = |key| given(&at, key).map(Option::unwrap_or_default);
        Ok(Confirmation {
            text: needed(&at, "text")?,
            title: text("title")?,
            ok_text: text("ok_text")?,
            dismiss_text: text("dismiss_text")?,
        })
    });
    let action = Action {
        kind: needed(at, "type")?,
        text: needed(at, "text")?,
        url: text("url")?,
        style: text("style")?,
        name: text("name")?,
        value: text("value")?,
        confirm: confirm.transpose()?,
    };
    match action.url.is_empty() && action.name.is_empty() {
        true => Err(at.refused("there must be a `name` or a `url`")),
        false => Ok(action),
    }
}
