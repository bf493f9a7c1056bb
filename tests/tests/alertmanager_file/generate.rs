//! Files made by chance, each line a value of its own.

use tests::chance::Chance;

pub(crate) const LABELS: [&str; 3] = ["severity", "team", "zone"];
pub(crate) const VALUES: [&str; 4] = ["a", "b", "critical", ""];

const MATCHERS: &[&str] = &[
    "['severity=\"critical\"']",
    "['severity=~\"a|b\"', team!=b]",
    "['{team=\"a\",zone!~\"b.*\"}']",
    "['zone = a', 'team=~\".+\"']",
    "['team=']",
    "['']",
    "[]",
    "['severity!=\"x\\\"y,z\"']",
];
const PAIRS: &[&str] = &[
    "{severity: critical}",
    "{team: a, zone: b}",
    "{team: }",
    "{}",
];
const PATTERNS: &[&str] = &["{severity: a|b}", "{team: '[ab]', zone: .*}", "~"];
const GROUPS: &[&str] = &["[alertname]", "[alertname, team]", "['...']", "[]", "~"];
const LENGTHS: &[&str] = &["30s", "5m", "1h30m", "1d", "~"];
const MUTES: &[&str] = &["[nights]", "[nights, months]", "[]"];
const TEXTS: &[&str] = &[
    "plain",
    "'{{ .CommonLabels.alertname }}: {{ .Status }}'",
    "5",
    "''",
    "\"two\\nlines # and: more\"",
    "yes",
    "ünïcode",
];
const TRUTHS: &[&str] = &["true", "false", "yes", "off", "~"];
const HTTP: &[&str] = &[
    "{}",
    "{bearer_token: tok}",
    "{bearer_token_file: /run/tok}",
    "{basic_auth: {username: u, password: p}}",
    "{basic_auth: {username: u, password_file: /run/p}}",
    "{authorization: {type: X, credentials: c}}",
    "{authorization: {credentials_file: /run/c}, follow_redirects: false}",
    "{proxy_url: 'http://u:p@proxy:3128', enable_http2: false}",
    "{tls_config: {ca_file: /run/ca.pem, server_name: s, min_version: TLS13}}",
    "{tls_config: {cert_file: /run/c.pem, key_file: /run/k.pem, insecure_skip_verify: true}}",
];

/// A file that amtool accepts.
pub(crate) fn file(chance: &mut Chance) -> String {
    let mut text =
        "global:\n  smtp_smarthost: mail.example:587\n  smtp_from: from@example\n".to_owned();
    text += "  slack_api_url: 'https://hooks.example/GLOBAL'\n";
    some(chance, &mut text, "  resolve_timeout: ", &["5m", "1m", "~"]);
    some(chance, &mut text, "  http_config: ", HTTP);
    some(chance, &mut text, "  smtp_require_tls: ", TRUTHS);
    some(chance, &mut text, "  smtp_hello: ", &["here", "''"]);
    some(chance, &mut text, "  smtp_auth_username: ", &["user"]);
    some(
        chance,
        &mut text,
        "  smtp_auth_password_file: ",
        &["/run/smtp"],
    );
    some(
        chance,
        &mut text,
        "  pagerduty_url: ",
        &["https://pd.example/v2"],
    );
    text += "route:\n  receiver: r0\n";
    options(chance, &mut text, 2, false);
    text += "  routes:\n";
    for _ in 0..=chance.below(3) {
        routes(chance, &mut text, 2, 2);
    }
    text += "receivers:\n";
    for at in 0..4 {
        text += &format!("- name: r{at}\n");
        receiver(chance, &mut text);
    }
    if !chance.one_in(3) {
        text += "inhibit_rules:\n";
        inhibit(chance, &mut text);
    }
    text + "time_intervals:\n- name: nights\n  time_intervals:\n"
        + &interval(chance)
        + "mute_time_intervals:\n- name: months\n  time_intervals:\n"
        + &interval(chance)
}

fn some(chance: &mut Chance, text: &mut String, key: &str, values: &[&str]) {
    if chance.one_in(2) {
        *text += &format!("{key}{}\n", chance.pick(values));
    }
}

fn options(chance: &mut Chance, text: &mut String, depth: usize, below: bool) {
    let pad = " ".repeat(depth);
    some(chance, text, &format!("{pad}group_by: "), GROUPS);
    some(
        chance,
        text,
        &format!("{pad}group_wait: "),
        &["0s", "10s", "~"],
    );
    some(chance, text, &format!("{pad}group_interval: "), LENGTHS);
    some(chance, text, &format!("{pad}repeat_interval: "), LENGTHS);
    if below {
        some(chance, text, &format!("{pad}matchers: "), MATCHERS);
        some(chance, text, &format!("{pad}match: "), PAIRS);
        some(chance, text, &format!("{pad}match_re: "), PATTERNS);
        some(chance, text, &format!("{pad}continue: "), TRUTHS);
        some(chance, text, &format!("{pad}mute_time_intervals: "), MUTES);
        some(
            chance,
            text,
            &format!("{pad}active_time_intervals: "),
            MUTES,
        );
    }
}

fn routes(chance: &mut Chance, text: &mut String, depth: usize, levels: u64) {
    let pad = " ".repeat(depth);
    *text += &format!("{pad}- receiver: r{}\n", chance.below(4));
    options(chance, text, depth + 2, true);
    if levels > 0 && chance.one_in(2) {
        *text += &format!("{pad}  routes:\n");
        for _ in 0..=chance.below(2) {
            routes(chance, text, depth + 2, levels - 1);
        }
    }
}

fn receiver(chance: &mut Chance, text: &mut String) {
    if chance.one_in(2) {
        *text += "  slack_configs:\n  - channel: '#ops'\n";
        some(
            chance,
            text,
            "    api_url: ",
            &["https://hooks.example/OWN", "http://h/x?y=%20"],
        );
        for key in [
            "username", "color", "title", "pretext", "text", "footer", "fallback", "icon_url",
        ] {
            some(chance, text, &format!("    {key}: "), TEXTS);
        }
        some(chance, text, "    short_fields: ", TRUTHS);
        some(chance, text, "    mrkdwn_in: ", &["[text]", "[]", "~"]);
        some(
            chance,
            text,
            "    fields: ",
            &["[{title: a, value: '{{ .Status }}', short: true}]", "[]"],
        );
        let actions = [
            "[{type: button, text: x, url: 'http://y', confirm: {text: z}}]",
            "[{type: button, text: x, name: n}]",
        ];
        some(chance, text, "    actions: ", &actions);
        common(chance, text);
    }
    if chance.one_in(2) {
        *text += "  webhook_configs:\n  - url: http://127.0.0.1:8080/hook\n";
        some(chance, text, "    max_alerts: ", &["0", "5"]);
        common(chance, text);
        if chance.one_in(2) {
            *text += "  - url: https://second.example\n";
        }
    }
    if chance.one_in(2) {
        *text += "  pagerduty_configs:\n";
        *text += chance.pick(&["  - routing_key: key\n", "  - routing_key_file: /run/key\n"]);
        for key in [
            "client",
            "client_url",
            "description",
            "severity",
            "class",
            "group",
        ] {
            some(chance, text, &format!("    {key}: "), TEXTS);
        }
        some(
            chance,
            text,
            "    details: ",
            &["{a: b, 'c d': '{{ .Status }}'}", "{}", "~"],
        );
        some(
            chance,
            text,
            "    links: ",
            &["[{href: 'http://a', text: b}]", "[{}]"],
        );
        some(
            chance,
            text,
            "    images: ",
            &["[{src: a, alt: b, href: c}]"],
        );
        common(chance, text);
    }
    if chance.one_in(2) {
        *text += "  email_configs:\n  - to: 'a@example, b@example'\n";
        some(chance, text, "    from: ", &["me@example"]);
        some(
            chance,
            text,
            "    smarthost: ",
            &["other.example:25", "'[::1]:25'"],
        );
        some(chance, text, "    require_tls: ", TRUTHS);
        some(chance, text, "    auth_password: ", &["hush"]);
        some(chance, text, "    auth_secret: ", &["hush"]);
        some(chance, text, "    auth_identity: ", &["me"]);
        some(
            chance,
            text,
            "    headers: ",
            &["{subject: s, x-own: '{{ .Receiver }}'}", "{}"],
        );
        some(chance, text, "    html: ", TEXTS);
        some(chance, text, "    text: ", TEXTS);
        some(
            chance,
            text,
            "    tls_config: ",
            &["{ca_file: ca.pem}", "{server_name: s}"],
        );
        some(chance, text, "    send_resolved: ", TRUTHS);
    }
}

fn common(chance: &mut Chance, text: &mut String) {
    some(chance, text, "    http_config: ", HTTP);
    some(chance, text, "    send_resolved: ", TRUTHS);
}

fn inhibit(chance: &mut Chance, text: &mut String) {
    *text += &format!(
        "- equal: {}\n",
        chance.pick(&["[zone]", "[zone, team]", "[]", "[zone, zone]"])
    );
    for side in ["source", "target"] {
        some(chance, text, &format!("  {side}_matchers: "), MATCHERS);
        some(chance, text, &format!("  {side}_match: "), PAIRS);
        some(chance, text, &format!("  {side}_match_re: "), PATTERNS);
    }
}

fn interval(chance: &mut Chance) -> String {
    let mut text = "  - location: UTC\n".to_owned();
    let times = [
        "[{start_time: '22:00', end_time: '24:00'}]",
        "[{start_time: 09:00, end_time: 17:30}, {start_time: '00:00', end_time: '00:01'}]",
        "[]",
    ];
    some(chance, &mut text, "    times: ", &times);
    some(
        chance,
        &mut text,
        "    weekdays: ",
        &[
            "['monday:friday']",
            "[Saturday, sunday]",
            "['sunday:SATURDAY']",
        ],
    );
    some(
        chance,
        &mut text,
        "    days_of_month: ",
        &[
            "['-3:-1']",
            "['1:5', 7]",
            "['1:-1']",
            "['27:-1', '31', '-31']",
        ],
    );
    some(
        chance,
        &mut text,
        "    months: ",
        &["['january:march']", "['1:3', december]", "[march:5]"],
    );
    some(
        chance,
        &mut text,
        "    years: ",
        &["[2026]", "['2025:2027', '2030']"],
    );
    if chance.one_in(2) {
        text = text.replace(
            "UTC",
            chance.pick(&["Europe/Berlin", "America/New_York", "''"]),
        );
    }
    text
}
