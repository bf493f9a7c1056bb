//! Texts of labels and annotations, of every construct that `docs/alert_templates.md` lists.
//!
//! None of them can fail when it is rendered: the texts of errors are other words in Prometheus.

use std::collections::BTreeSet;

use serde_json::Value;
use tests::chance::Chance;

/// What `$externalLabels` and `$externalURL` are.
pub(crate) const DC: &str = "eu";
pub(crate) const URL: &str = "http://alerts.example:9090/of";

/// Of annotations.
const TEXTS: &[&str] = &[
    // Data.
    "no place at all",
    "{{ $labels.job }}/{{ .Labels.i }}/{{ $.Labels.none }}",
    "{{ $value }} {{ .Value }} {{ $.Value }}",
    "{{ $externalLabels.dc }} {{ .ExternalLabels.dc }} {{ $externalLabels.none }}",
    "{{ $externalURL }}/alerts {{ .ExternalURL }}",
    "{{ \"{{ $labels.job }}\" }}",
    // Actions.
    "{{ if gt $value 2.0 }}high{{ else if gt $value 1.0 }}middle{{ else }}low{{ end }}",
    "{{ with $labels.none }}{{ . }}{{ else }}nothing{{ end }} {{ with $labels }}{{ .job }}{{ end }}",
    "{{ with $x := $labels.job }}{{ $x }} of {{ $labels.i }}{{ end }}",
    "{{ range $name, $text := $labels }}{{ $name }}={{ $text }};{{ end }}",
    "{{ range query \"sum by (job) (a)\" | sortByLabel \"job\" }}{{ .Labels.job }}={{ .Value }} {{ else }}no a{{ end }}",
    "{{ range $k, $row := query \"sum by (i) (b)\" | sortByLabel \"i\" }}{{ if eq $row.Labels.i \"2\" }}{{ break }}{{ end }}{{ $k }}:{{ $row | value }}{{ end }}",
    "{{ range query \"max by (i) (a)\" | sortByLabel \"i\" }}{{ if lt .Value 1.0 }}{{ continue }}{{ end }}{{ printf \"%.1f\" .Value }},{{ end }}",
    "a {{- /* a comment */ -}} {{- $labels.job -}} b",
    "line one\n{{- if $value }}\n  nested\n{{- end }}\nlast\n",
    // Expressions.
    "{{ $x := 3 }}{{ if true }}{{ $x = 4 }}{{ $y := 5 }}{{ $y }}{{ end }}{{ $x }}",
    "{{ `raw \\n` }} {{ \"text\\t\\u00e9\" }} {{ 'x' }} {{ true }} {{ false }} {{ print nil }}",
    "{{ 0x1F }} {{ 0o17 }} {{ 0b101 }} {{ 1_000 }} {{ -4 }} {{ 1.5e3 }}",
    "{{ (index $labels \"job\") | printf \"%s and %s\" \"this\" }}",
    // Go's functions.
    "{{ if and (gt $value 0.0) (lt $value 3.0) }}in{{ else }}out{{ end }} {{ or $labels.none $labels.job \"nobody\" }} {{ not true }}",
    "{{ eq $labels.job \"x\" \"y\" }} {{ ne $labels.i \"1\" }} {{ le $value 2.5 }} {{ ge $value 2.5 }} {{ lt 1 2 }}",
    "{{ len $labels }} {{ slice \"abcdef\" 1 3 }} {{ $labels.job | printf \"%q\" | len }}",
    "{{ print $labels.job 1 2 \"a\" }}{{ println \"x\" 3 }}",
    "{{ html \"<a href='x'>&\" }} {{ js \"it's \\\"x\\\" <b>\" }} {{ urlquery \"a b&c=d\" }}",
    // Queries.
    "{{ with query \"sum(a)\" }}{{ . | first | value | humanize }} open{{ else }}none{{ end }}",
    "{{ with query \"max by (job) (a{job='x'})\" }}{{ first . | label \"job\" }}{{ end }}",
    "{{ with query \"label_replace(vector(1), '__value__', 'shown', '', '')\" }}{{ . | first | strvalue }}{{ end }}",
    "{{ range query \"count(ALERTS{alertstate='firing'})\" }}{{ .Value }} fire{{ end }}",
    "{{ with printf \"count(a{job=%q})\" .Labels.job | query }}{{ . | first | value }}{{ end }}",
    "{{ $rows := query \"avg by (job) (a)\" | sortByLabel \"job\" }}{{ len $rows }}{{ range $rows }} {{ .Labels.job | toUpper }} at {{ .Value | humanize }}{{ end }}",
    "{{ with query \"rec:sum offset 2m\" }}{{ len . }} rows{{ end }}",
    // Numbers.
    "{{ humanize $value }} {{ humanize 1234567.0 }} {{ humanize 0.00123 }}",
    "{{ humanize1024 $value }} {{ humanize1024 123456789.0 }}",
    "{{ humanizeDuration $value }} {{ humanizeDuration 93784.5 }} {{ humanizeDuration 0.0012 }}",
    "{{ humanizePercentage $value }} {{ humanizePercentage 0.12345 }}",
    "{{ with query \"time()\" }}{{ . | first | value | humanizeTimestamp }}{{ end }} {{ humanizeTimestamp 1435065584.128 }}",
    "{{ parseDuration \"1h30m\" }} {{ parseDuration \"90s\" | humanizeDuration }}",
    // Texts.
    "{{ title \"drawdown of\" }} {{ $labels.job | toUpper }} {{ toLower \"ABC\" }}",
    "{{ if match \"^[xz]$\" $labels.job }}x or z{{ else }}{{ $labels.job }}{{ end }}",
    "{{ reReplaceAll \"(.)o(.)\" \"$2-$1\" \"to of for\" }} {{ $labels.job | reReplaceAll \"x|y\" \"<$0>\" }}",
    "{{ stripPort \"10.0.0.1:9090\" }} {{ stripPort \"[::1]:80\" }} {{ stripDomain \"db.example.com:5432\" }}",
    "{{ graphLink \"sum(a) > 1\" }} {{ tableLink \"up == 0\" }}",
    "{{ \"<b>\" | safeHtml }}",
    // printf.
    "{{ printf \"%8.2f|%-8.1f|%+.3e|%08.3f\" $value $value $value $value }}",
    "{{ printf \"%v %g %G %e %E %f %F\" $value $value $value $value $value $value $value }}",
    "{{ printf \"%d %b %o %O %x %X %c %q %U\" 65 65 65 65 65 65 65 65 65 }}",
    "{{ printf \"%5d|%-5d|%05d|%+d|% d|%#x|%#o\" 42 42 42 42 42 42 42 }}",
    "{{ printf \"%s|%10s|%-10s|%.2s|%q|%x|% x\" \"abc\" \"abc\" \"abc\" \"abc\" $labels.job $labels.job \"abc\" }}",
    "{{ printf \"%t %v %T %T %%\" true false $value 1 }} {{ printf \"%d\" $value }}",
    "{{ $value | printf \"%.2f\" }} {{ printf \"%6.1f%%\" $value }}",
];

/// Of labels; none of them comes out empty.
const LABELS: &[&str] = &[
    "{{ if gt $value 2.0 }}critical{{ else }}warning{{ end }}",
    "of {{ $labels.job | toUpper }}",
    "{{ $externalLabels.dc }}",
    "{{ with query \"count(a)\" }}{{ . | first | value }}{{ else }}none{{ end }}",
    "{{ printf \"%06.2f\" $value }}",
    "{{ humanizePercentage $value }}",
    "{{ reReplaceAll \"^(.*)$\" \"<$1>\" $labels.job }}",
    "{{ match \"1\" $labels.i }}-{{ len $labels.job }}",
];

/// Gives a rule some of the texts, under names that tell which.
pub(crate) fn put(chance: &mut Chance, rule: &mut Value) {
    for _ in 0..5 {
        let index = chance.below(TEXTS.len() as u64);
        let index = usize::try_from(index).expect("it is below the length");
        rule["annotations"][format!("text_{index}")] = TEXTS[index].into();
    }
    for (index, text) in LABELS.iter().enumerate() {
        if chance.one_in(6) {
            rule["labels"][format!("label_{index}")] = (*text).into();
        }
    }
}

/// Which texts alerts of unit tests were expected to say.
#[derive(Debug, Default)]
pub(crate) struct Said {
    texts: BTreeSet<String>,
}

impl Said {
    pub(crate) fn take(&mut self, test: &Value) {
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        for case in list(&test["tests"][0]["alert_rule_test"]) {
            for alert in list(&case["exp_alerts"]) {
                for said in [&alert["exp_labels"], &alert["exp_annotations"]] {
                    self.names(said);
                }
            }
        }
    }

    fn names(&mut self, said: &Value) {
        for (name, text) in said.as_object().expect("it is a map") {
            let text = text.as_str().expect("it is a text");
            assert!(!text.contains("<error"), "{name}: {text}");
            if name.starts_with("text_") || name.starts_with("label_") {
                self.texts.insert(name.clone());
            }
        }
    }

    /// How many different texts there were, of how many.
    pub(crate) fn count(&self) -> (usize, usize) {
        (self.texts.len(), TEXTS.len() + LABELS.len())
    }
}

#[test]
fn the_texts_hold_every_construct_of_the_page() {
    let page = include_str!("../../../docs/alert_templates.md");
    let (_, table) = page
        .split_once("## What is supported")
        .expect("it is there");
    let (table, _) = table.split_once("\n## ").expect("another part follows");
    let all = [TEXTS, LABELS].concat().concat();
    let mut seen = 0;
    for row in table.lines().filter(|line| line.starts_with("| ")).skip(1) {
        for quoted in row.split('`').skip(1).step_by(2) {
            // A list of verbs, a name, or what stands between other words.
            for word in quoted.split(' ').filter(|it| !it.starts_with("0")) {
                seen += 1;
                let there = match word {
                    // What a verb shows that does not fit.
                    "%!d(float64=1)" => all.contains("\"%d\" $value"),
                    _ => all.contains(word),
                };
                assert!(there, "no text has `{word}`");
            }
        }
    }
    assert!(seen > 80, "{seen}");
}
