//! What a text of a channel may do, and what it may not.

use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::Labels;
use crate::notify::{Config, Integration, Notifier, Posted};

fn batch() -> Arc<Batch> {
    let mut config = Config::default();
    config.route.receiver = Some("team".to_owned());
    config.route.group_wait = Some(Duration::ZERO);
    let integrations = vec![Integration::default()];
    config.receivers.insert("team".to_owned(), integrations);
    let mut notifier = Notifier::new(config, || 0.5).expect("the configuration is sound");
    let now = Duration::from_nanos(1_795_233_453_332_874_937);
    let posted = Posted {
        labels: Labels::from_iter([("alertname", "Down"), ("zone", "<b>")]),
        annotations: [("summary".to_owned(), "it's down".to_owned())].into(),
        ..Posted::default()
    };
    notifier.post(now, posted).expect("the alert is sound");
    Arc::clone(&notifier.due(now)[0].batch)
}

fn rendered(text: &str, markup: Markup) -> Result<String, String> {
    let template = NoticeTemplate::parse(text, markup, &Definitions::default());
    let template = template.map_err(|error| error.to_string())?;
    let rendered = template.render(&batch(), "http://here");
    rendered.map_err(|error| error.to_string())
}

#[test]
fn a_notice_is_filled_in() {
    for (text, wanted) in [
        (
            "{{ .Receiver }} {{ .Status }} {{ .ExternalURL }}",
            "team firing http://here",
        ),
        (
            "{{ range .Alerts.Firing }}{{ .Labels.zone }}{{ .Annotations.summary }}{{ end }}",
            "<b>it's down",
        ),
        (
            "{{ range .Alerts }}{{ .StartsAt }}|{{ .EndsAt }}{{ end }}",
            "2026-11-21 03:57:33.332874937 +0000 UTC|0001-01-01 00:00:00 +0000 UTC",
        ),
        (
            "{{ (index .Alerts 0).StartsAt.Format `Mon Jan _2 3:04PM 2006` }}",
            "Sat Nov 21 3:57AM 2026",
        ),
        (
            "{{ .CommonLabels.SortedPairs.Values | join `, ` | title }}",
            "Down, <B>",
        ),
        (
            "{{ define `a` }}[{{ . }}]{{ end }}{{ template `a` .Status }}",
            "[firing]",
        ),
    ] {
        assert_eq!(
            rendered(text, Markup::Plain).as_deref(),
            Ok(wanted),
            "{text}"
        );
    }
}

#[test]
fn a_page_escapes_what_is_filled_in_by_where_it_stands() {
    for (text, wanted) in [
        ("<b>{{ .CommonLabels.zone }}</b>", "<b>&lt;b&gt;</b>"),
        ("{{ safeHtml .CommonLabels.zone }}", "<b>"),
        ("<a href='{{ `javascript:x` }}'>", "<a href='#ZgotmplZ'>"),
        (
            "<a href=\"/?q={{ .CommonAnnotations.summary }}\">",
            "<a href=\"/?q=it%27s%20down\">",
        ),
        ("a < b <!-- {{ .Status }} -->", "a &lt; b "),
    ] {
        assert_eq!(
            rendered(text, Markup::Html).as_deref(),
            Ok(wanted),
            "{text}"
        );
    }
    for text in [
        "<script>{{ .Status }}",
        "<p style='{{ .Status }}'>",
        "<p onclick={{ .Status }}>",
        "<p {{ .Status }}>",
    ] {
        rendered(text, Markup::Html).expect_err(text);
    }
}

#[test]
fn a_text_that_runs_away_ends_with_an_error() {
    for (text, problem) in [
        (
            "{{ define `a` }}{{ template `a` . }}{{ end }}{{ template `a` . }}",
            ": in `a`, line 1, column 20: more than 128 blocks in blocks",
        ),
        (
            "{{ define `a` }}{{ $x := printf `%200000d` 1 }}{{ $x }}{{ end }}{{ template `a` . }}",
            "more than 262144 bytes of text",
        ),
    ] {
        let error = rendered(text, Markup::Plain).expect_err(text);
        assert!(error.ends_with(problem), "{error}");
    }
    let doubled = "{{ define `d` }}{{ template `c` . }}{{ template `c` . }}{{ end }}".to_owned();
    let mut text = doubled.replace("`d`", "`x17`").replace("`c`", "`x16`");
    for at in 1..17 {
        text += &doubled
            .replace("`d`", &format!("`x{at}`"))
            .replace("`c`", &format!("`x{}`", at - 1));
    }
    text += "{{ define `x0` }}{{ end }}{{ template `x17` . }}";
    let error = rendered(&text, Markup::Plain).expect_err("it runs away");
    assert!(error.ends_with("more than 100000 steps"), "{error}");
}

const PIECES: &[&str] = &[
    "{{",
    "}}",
    "{{- ",
    " -}}",
    "define",
    "template",
    "block",
    "end",
    "if",
    "range",
    "with",
    "\"a\"",
    "\"__subject\"",
    ".",
    "$",
    ".Alerts",
    ".Labels",
    ".CommonLabels",
    ".SortedPairs",
    ".Remove",
    ".Names",
    ".StartsAt",
    ".Format",
    ".Sub",
    ".EndsAt",
    "index",
    "0",
    "1",
    "(",
    ")",
    "|",
    "join",
    "title",
    "safeHtml",
    "html",
    "stringSlice",
    "printf",
    "\"%v\"",
    "<a href=\"",
    "\"",
    "'",
    ">",
    "<",
    "<!--",
    "-->",
    "<script>",
    "</script>",
    "title=",
    "é",
    "\n",
    " ",
    " ",
    " ",
];

proptest! {
    #[test]
    fn no_text_of_a_channel_panics(pieces in prop::collection::vec(select(PIECES), 0..40)) {
        let text = pieces.concat();
        for markup in [Markup::Plain, Markup::Html] {
            let _ = rendered(&text, markup);
        }
    }

    #[test]
    fn nothing_that_is_filled_into_a_page_is_markup(text in "[<>\"'&a-z=/ +é]{0,20}") {
        let shown = |page: String| {
            let filled = rendered(&page, Markup::Html).expect("it is sound");
            filled.strip_prefix("<p>").and_then(|it| it.strip_suffix("</p>")).map(str::to_owned)
        };
        let literal = format!("{text:?}");
        let shown = shown(format!("<p>{{{{ {literal} }}}}</p>")).expect("the tags are there");
        prop_assert!(!shown.contains(['<', '>', '"', '\'']));
        let back = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&#34;", "\"");
        prop_assert_eq!(back.replace("&#39;", "'").replace("&#43;", "+").replace("&amp;", "&"), text);
    }
}
