//! Texts of channels, as a real Alertmanager and amtool render them.

mod corpus;

use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use admf_alerts::Labels;
use admf_alerts::alertmanager_file::parse;
use admf_alerts::channel::Webhook;
use admf_alerts::channel::io::{Sender, Shared};
use admf_alerts::notify::{Batch, Notifier, Outcome, Posted};
use admf_alerts::template::{Definitions, Markup, NoticeTemplate};
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::daemon::missing;

use crate::sink::Sink;
use tests::alertmanager::{Alertmanager, now};

/// Labels, annotations, seconds since it began, seconds since it ended.
type Told<'t> = (
    &'t [(&'t str, &'t str)],
    &'t [(&'t str, &'t str)],
    u64,
    Option<u64>,
);

const COMMON: [(&str, &str); 3] = [
    ("markup", "<i>\"it's\" 1+1 & `x`=y</i>"),
    ("script", "javascript:alert(1)"),
    ("link", "https://x.example/a b?c=d e&f=%20#g\"h"),
];

const ALERTS: [Told<'static>; 3] = [
    (
        &[
            ("alertname", "HighDrawdown"),
            ("Names", "own"),
            ("instance", "a"),
            ("severity", "critical"),
            ("zone", "x<y>&\"z"),
        ],
        &[("summary", "down by 12%"), ("unicode", "日本")],
        100,
        None,
    ),
    (
        &[
            ("alertname", "HighDrawdown"),
            ("instance", "b"),
            ("severity", "critical"),
            ("zone", "x<y>&\"z"),
        ],
        &[("summary", "line one\nline two"), ("unicode", "日本")],
        4_000,
        Some(77),
    ),
    (
        &[
            ("alertname", "HighDrawdown"),
            ("instance", "c"),
            ("severity", "critical"),
            ("zone", "x<y>&\"z"),
        ],
        &[("unicode", "日本")],
        3,
        None,
    ),
];

/// The alerts as they are posted, by our API's shape and by that of the notifier.
fn posted() -> Vec<(Value, Posted)> {
    let epoch = std::time::SystemTime::UNIX_EPOCH;
    let base = now().duration_since(epoch).expect("it is after the epoch");
    let ago = |seconds| base - Duration::from_secs(seconds);
    let stamp = |time: Duration| {
        let time = Timestamp::try_from(epoch + time).expect("it is in the calendar");
        time.to_string()
    };
    let alerts = ALERTS.iter().map(|(labels, annotations, began, ended)| {
        let annotations = annotations.iter().chain(&COMMON);
        let posted = Posted {
            labels: Labels::from_iter(labels.iter().copied()),
            annotations: annotations
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            starts_at: Some(ago(*began)),
            ends_at: ended.map(ago),
            generator_url: "http://prometheus.example/graph?g0.expr=a&b".to_owned(),
        };
        let labels: std::collections::BTreeMap<_, _> = posted.labels.iter().collect();
        let mut body = json!({
            "labels": labels,
            "annotations": posted.annotations,
            "startsAt": stamp(ago(*began)),
            "generatorURL": posted.generator_url,
        });
        if let Some(ended) = ended {
            body["endsAt"] = json!(stamp(ago(*ended)));
        }
        (body, posted)
    });
    alerts.collect()
}

/// The first notice of the alerts, by the routes of a file.
fn batch(yml: &str, alerts: Vec<Posted>) -> Arc<Batch> {
    let setup = parse("alertmanager.yml", yml, None).expect("the file is sound");
    let mut notifier = Notifier::new(setup.notify, || 0.5).expect("the routes are sound");
    let epoch = std::time::SystemTime::UNIX_EPOCH;
    let at = now().duration_since(epoch).expect("it is after the epoch");
    for alert in alerts {
        notifier.post(at, alert).expect("the alert is sound");
    }
    let due = notifier.next_due().expect("there is a group");
    Arc::clone(&notifier.due(due)[0].batch)
}

/// A file with one channel for Slack, all of whose texts are given, and a field for each of `texts`.
fn slack(port: u16, texts: &[&str]) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''").replace('\n', "\n\n"));
    let fields = texts.iter().enumerate().map(|(at, text)| {
        let title = quoted(&format!("{at} {{{{ .Status }}}}"));
        let text = serde_json::to_string(text).expect("it is a text");
        format!(
            "    - {{title: {title}, value: {text}, short: {}}}\n",
            at % 2 == 0
        )
    });
    let fields: String = fields.collect();
    let own = [
        ("channel", "#{{ .CommonLabels.severity }}"),
        ("username", "{{ .Receiver }}"),
        ("icon_emoji", ":{{ .Status }}:"),
        ("icon_url", "{{ .ExternalURL }}/icon"),
        (
            "color",
            "{{ if eq .Status \"firing\" }}danger{{ else }}good{{ end }}",
        ),
        (
            "title",
            "{{ .CommonLabels.alertname }}{{ range .Alerts }}{{ printf \"%400d\" 1 }}{{ end }}é",
        ),
        (
            "title_link",
            "{{ .ExternalURL }}/#/alerts?receiver={{ .Receiver }}",
        ),
        ("pretext", "{{ .CommonAnnotations.markup }}"),
        (
            "text",
            "{{ range .Alerts }}{{ .Annotations.summary }} {{ end }}",
        ),
        ("fallback", "{{ .Status }}"),
        ("callback_id", "{{ .CommonLabels.zone }}"),
        ("image_url", "{{ .ExternalURL }}/image"),
        ("thumb_url", "{{ .ExternalURL }}/thumb"),
        ("footer", "{{ len .Alerts }}"),
    ];
    let own = own
        .iter()
        .map(|(key, text)| format!("    {key}: {}\n", quoted(text)));
    let own: String = own.collect();
    format!(
        "route: {{receiver: te.am, group_by: [alertname], group_wait: 1s}}
receivers:
- name: te.am
  slack_configs:
  - api_url: 'http://127.0.0.1:{port}/hook'
    send_resolved: true
    link_names: true
    mrkdwn_in: [text, fields]
    actions:
    - {{type: button, text: '{{{{ .Status }}}}', url: '{{{{ .ExternalURL }}}}', style: '{{{{ .Status }}}}'}}
    - {{type: button, text: x, name: '{{{{ .Receiver }}}}', value: v, confirm: {{text: '{{{{ .Status }}}}?', title: t, ok_text: o, dismiss_text: d}}}}
{own}    fields:
{fields}"
    )
}

fn json_of(body: &[u8]) -> Value {
    serde_json::from_slice(body).expect("a message is JSON")
}

#[tokio::test]
async fn an_alertmanager_sends_the_same_message_of_the_same_texts() {
    let theirs = Sink::of(json_of);
    let yml = slack(theirs.port(), corpus::GOOD);
    let Some(server) = Alertmanager::start(&yml) else {
        return;
    };
    let (bodies, alerts): (Vec<_>, Vec<_>) = posted().into_iter().unzip();
    server.send("alerts", &json!(bodies));
    let theirs = theirs.next(Duration::from_secs(30)).expect("it tells");

    let ours = Sink::of(json_of);
    let yml = slack(ours.port(), corpus::GOOD);
    let setup = parse("alertmanager.yml", &yml, None).expect("the file is sound");
    let url = theirs["icon_url"].as_str().expect("it is there");
    let mut shared = Shared::default();
    shared.external_url = url.trim_end_matches("/icon").to_owned();
    let sender = Sender::new("slack", &setup.channels["te.am"][0], &shared);
    let sender = sender.expect("the texts are sound");
    let report = sender.send(&batch(&yml, alerts), 0).await;
    assert_eq!((report.outcome, report.said), (Outcome::Sent, None));
    let ours = ours.next(Duration::from_secs(30)).expect("it was sent");

    let fields = |of: &Value| of["attachments"][0]["fields"].as_array().cloned();
    let all = fields(&ours).into_iter().zip(fields(&theirs)).next();
    let (ours_all, theirs_all) = all.expect("there are fields");
    assert!(theirs_all.len() >= 40);
    let pairs = ours_all.iter().zip(&theirs_all).zip(corpus::GOOD);
    let differ = pairs.filter(|((ours, theirs), _)| ours["value"] != theirs["value"]);
    let shown: Vec<String> = differ
        .map(|((ours, theirs), text)| format!("{text}\n{}\n{}", ours["value"], theirs["value"]))
        .collect();
    assert!(shown.is_empty(), "{}", shown.join("\n\n"));
    assert_eq!(ours, theirs);
}

/// What amtool makes of a text; `None` is an error.
fn amtool(folder: &Path, text: &str, kind: &str) -> Option<Option<String>> {
    let done = Command::new("amtool")
        .args(["template", "render"])
        .arg(format!("--template.glob={}/*.tmpl", folder.display()))
        .arg(format!("--template.data={}/data.json", folder.display()))
        .arg(format!("--template.type={kind}"))
        .arg(format!("--template.text={text}"))
        .output();
    match done {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            missing("amtool", "ADMF_REQUIRE_SERVERS");
            None
        }
        done => {
            let done = done.expect("amtool runs");
            let said = String::from_utf8_lossy(&done.stdout).into_owned();
            // It ends what it says by a line feed of its own.
            let said = said.strip_suffix('\n').unwrap_or(&said).to_owned();
            Some(done.status.success().then_some(said))
        }
    }
}

const URL: &str = "http://am.example:9093/x";

/// A folder with what amtool is told.
fn told() -> (TempDir, Arc<Batch>) {
    let yml = "route: {receiver: team, group_by: [alertname]}\nreceivers:\n- name: team\n  webhook_configs: [{url: 'http://x'}]\n";
    let batch = batch(yml, posted().into_iter().map(|it| it.1).collect());
    let folder = TempDir::new().expect("a folder can be made");
    let data = serde_json::to_string(&Webhook::new(&batch, URL, 0)).expect("it is JSON");
    std::fs::write(folder.path().join("data.json"), data).expect("it can be written");
    (folder, batch)
}

fn rendered(
    text: &str,
    markup: Markup,
    definitions: &Definitions,
    batch: &Batch,
) -> Result<String, String> {
    let template = NoticeTemplate::parse(text, markup, definitions);
    let template = template.map_err(|error| error.to_string())?;
    let rendered = template.render(batch, URL);
    rendered.map_err(|error| error.to_string())
}

#[test]
fn pages_are_escaped_as_by_an_alertmanager() {
    let (folder, batch) = told();
    let mut differ = Vec::new();
    for text in corpus::PAGES {
        let Some(theirs) = amtool(folder.path(), text, "html") else {
            return;
        };
        let ours = rendered(text, Markup::Html, &Definitions::default(), &batch);
        if theirs.is_none() || ours.as_ref().ok() != theirs.as_ref() {
            differ.push(format!("{text}\n{ours:?}\n{theirs:?}"));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n\n"));
}

#[test]
fn texts_that_an_alertmanager_refuses_are_refused() {
    let (folder, batch) = told();
    for text in corpus::BAD {
        let Some(theirs) = amtool(folder.path(), text, "text") else {
            return;
        };
        let ours = rendered(text, Markup::Plain, &Definitions::default(), &batch);
        assert!(
            ours.is_err() && theirs.is_none(),
            "{text}: {ours:?}, {theirs:?}"
        );
    }
}

const FILES: [(&str, &str); 3] = [
    (
        "a.tmpl",
        "outside {{ .Status }}{{ define \"title\" }}a {{ template \"later\" . }}{{ end }}{{ define \"kept\" }}kept{{ end }}",
    ),
    (
        "b.tmpl",
        "{{ define \"later\" }}b {{ .Receiver }}{{ end }}{{ define \"kept\" }}\n{{ end }}{{ define \"title\" }}b {{ template \"later\" . }}{{ end }}",
    ),
    (
        "c.tmpl",
        "{{ define \"list\" }}{{ range . }}{{ .Labels.instance }}{{ template \"c.tmpl\" }}{{ end }}{{ end }}{{ define \"unused\" }}{{ template \"nobody\" }}{{ end }},",
    ),
];

#[test]
fn what_files_define_is_called_as_by_an_alertmanager() {
    let (folder, batch) = told();
    for (name, text) in FILES {
        std::fs::write(folder.path().join(name), text).expect("it can be written");
    }
    let definitions = Definitions::new(FILES).expect("the files are sound");
    for text in [
        "{{ template \"title\" . }}",
        "{{ template \"kept\" . }}{{ template \"a.tmpl\" . }}",
        "{{ template \"list\" .Alerts }}",
        "{{ define \"later\" }}own{{ end }}{{ template \"title\" . }}",
        "{{ define \"title\" }} {{ end }}{{ template \"title\" . }}",
        "{{ template \"unused\" . }}",
    ] {
        let Some(theirs) = amtool(folder.path(), text, "text") else {
            return;
        };
        let ours = rendered(text, Markup::Plain, &definitions, &batch);
        assert_eq!(ours.as_ref().ok(), theirs.as_ref(), "{text}\n{ours:?}");
    }
}
