//! Alertmanager's alerts and silences, and Prometheus' rules: requests in, answers out.

use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use serde_json::{Value, json};

use super::alerts::Wanted;
use super::answer::{Answer, Json, Problem};
use super::asked::Asked;
use super::guard::Posted;
use super::rules::RuleView;
use super::{Api, alerts as shown, posted, silences as silence_bodies};

pub(super) async fn alerts(State(api): State<Api>, address: Uri) -> Answer {
    let wanted = Wanted::of(&Asked::of(&address))?;
    let alerts = |it: &_, now| shown::alerts(it, &wanted, now);
    Ok(Json::of(api.service.look(alerts)))
}

pub(super) async fn groups(State(api): State<Api>, address: Uri) -> Answer {
    let wanted = Wanted::of(&Asked::of(&address))?;
    let groups = |it: &_, now| shown::groups(it, &wanted, now);
    Ok(Json::of(api.service.look(groups)))
}

/// Takes what is sound, and says what is not.
pub(super) async fn post_alerts(State(api): State<Api>, Posted(body): Posted) -> Answer {
    let mut problems = Vec::new();
    let mut sound = Vec::new();
    for alert in posted::alerts(&body)? {
        match alert {
            Ok(alert) => sound.push(alert),
            Err(problem) => problems.push(problem),
        }
    }
    if !sound.is_empty() {
        let taken = api.service.post(sound);
        problems.extend(taken.into_iter().filter_map(Result::err));
    }
    match problems.is_empty() {
        true => Ok(Json(None)),
        false => Err(Problem::said(StatusCode::BAD_REQUEST, problems.join("; "))),
    }
}

pub(super) async fn silences(State(api): State<Api>, address: Uri) -> Answer {
    let asked = Asked::of(&address);
    let list = |it: &crate::notify::Notifier, now| silence_bodies::list(it.silences(), &asked, now);
    api.service.look(list).map(Json::of)
}

pub(super) async fn post_silence(State(api): State<Api>, Posted(body): Posted) -> Answer {
    let silence = silence_bodies::read(&body, api.service.now())?;
    let id = api.service.set_silence(silence);
    let id = id.map_err(silence_bodies::refused)?;
    Ok(Json::of(json!({ "silenceID": id })))
}

pub(super) async fn silence(State(api): State<Api>, Path(id): Path<String>) -> Answer {
    let id = silence_bodies::id(&id)?;
    let found = api.service.look(|it, now| {
        let silence = it.silences().get(id);
        silence.map(|it| silence_bodies::body(it, now))
    });
    let nothing = Problem {
        status: StatusCode::NOT_FOUND,
        body: None,
    };
    found.map(Json::of).ok_or(nothing)
}

pub(super) async fn expire_silence(State(api): State<Api>, Path(id): Path<String>) -> Answer {
    let expired = api.service.expire_silence(silence_bodies::id(&id)?);
    // Of all statuses this one, as in Alertmanager.
    let refused = |problem| Problem::said(StatusCode::INTERNAL_SERVER_ERROR, problem);
    expired.map(|()| Json(None)).map_err(refused)
}

pub(super) async fn rules(State(api): State<Api>, address: Uri) -> Answer {
    let asked = Asked::of(&address);
    let kind = asked.all("type").next().unwrap_or_default();
    let keeps: fn(&RuleView) -> bool = match kind.to_lowercase().as_str() {
        "" => |_| true,
        "alert" => |it| matches!(it, RuleView::Alerting(_)),
        "record" => |it| matches!(it, RuleView::Recording(_)),
        other => {
            let problem = format!("not supported value {other:?}");
            return Err(Problem::parameter("type", &problem));
        }
    };
    let mut groups = (api.groups)();
    for group in &mut groups {
        group.rules.retain(keeps);
    }
    Ok(success(json!({ "groups": groups })))
}

pub(super) async fn rule_alerts(State(api): State<Api>) -> Answer {
    let groups = (api.groups)();
    let alerts: Vec<_> = groups.iter().flat_map(|it| it.alerts()).collect();
    Ok(success(json!({ "alerts": alerts })))
}

fn success(data: Value) -> Json {
    Json(Some(json!({ "status": "success", "data": data })))
}
