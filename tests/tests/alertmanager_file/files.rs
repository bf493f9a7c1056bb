//! Files made by chance, good and spoiled: both accept them, or both refuse them, but for what we say that we lack.
//!
//! `ALERTMANAGER_FILES` says how many (400), `ALERTMANAGER_FILES_SEED` with which seed (1).

use std::collections::BTreeMap;

use admf_alerts::alertmanager_file::parse;
use tests::chance::Chance;

use crate::amtool::accepted;
use crate::{generate, number};

/// What is put in place of a line that bears a key.
const SPOILED: &[(&str, &str)] = &[
    ("receiver:", "receiver: nobody"),
    ("receiver:", "receiver: ''"),
    ("receiver:", "receiver: [r0]"),
    ("receiver:", "reciever: r0"),
    ("receiver:", "receiver: r0\nreceiver: r0"),
    ("route:", "rout:"),
    ("route:", "route:\nroute:"),
    ("receivers:", "receivers: []\nreceivers:"),
    ("global:", "globl:"),
    ("global:", "version: 1\nglobal:"),
    (
        "global:",
        "templates: ['/nowhere/*.tmpl', '/nowhere/a']\nglobal:",
    ),
    ("global:", "templates: '/nowhere/*.tmpl'\nglobal:"),
    ("group_by:", "group_by: [team, team]"),
    ("group_by:", "group_by: ['...', team]"),
    ("group_by:", "group_by: [team-x]"),
    ("group_by:", "group_by: ['']"),
    ("group_by:", "group_by: team"),
    ("group_by:", "group_by: ['....']"),
    ("group_wait:", "group_wait: 5"),
    ("group_wait:", "group_wait: 1m1h"),
    ("group_wait:", "group_wait: -1s"),
    ("group_wait:", "group_wait: ''"),
    ("group_wait:", "group_wait: 0"),
    ("group_interval:", "group_interval: 0s"),
    ("group_interval:", "group_interval: 0"),
    ("repeat_interval:", "repeat_interval: 0s"),
    ("repeat_interval:", "repeat_interval: soon"),
    ("repeat_interval:", "repeat_interval: 1y"),
    ("matchers:", "matchers: ['a']"),
    ("matchers:", "matchers: 'a=b'"),
    ("matchers:", "matchers: ['a=~(']"),
    ("matchers:", "matchers: ['a-b=c']"),
    ("matchers:", "matchers: ['a=\"b']"),
    ("matchers:", "matchers: ['{a=b,,c=d}']"),
    ("matchers:", "matchers: ['{a=b', 'c=d}']"),
    ("matchers:", "matchers: [[a=b]]"),
    ("matchers:", "matchers: {a: b}"),
    ("match:", "match: {a-b: c}"),
    ("match:", "match: [a]"),
    ("match:", "match: {a: [b]}"),
    ("match:", "match: {a: b, a: c}"),
    ("match:", "match: {9a: b}"),
    ("match_re:", "match_re: {a: '('}"),
    ("match_re:", "match_re: {a-b: c}"),
    ("match_re:", "match_re: {a: '(?=x)'}"),
    ("continue:", "continue: 'true'"),
    ("continue:", "continue: maybe"),
    ("continue:", "continue: 1"),
    ("continue:", "continue: On"),
    ("mute_time_intervals:", "mute_time_intervals: [days]"),
    ("active_time_intervals:", "active_time_intervals: [days]"),
    ("active_time_intervals:", "active_time_intervals: nights"),
    ("name:", "name: same"),
    ("name:", "name: ''"),
    ("name:", "name: r0\nnam: r0"),
    ("name:", "name: r1"),
    ("name:", "name: months"),
    ("location:", "location: Nowhere/There"),
    ("location:", "location: europe/berlin"),
    ("location:", "location: EST"),
    ("location:", "location: ~"),
    ("location:", "zone: UTC"),
    ("times:", "times: [{start_time: '9:00', end_time: '17:00'}]"),
    (
        "times:",
        "times: [{start_time: '17:00', end_time: '09:00'}]",
    ),
    (
        "times:",
        "times: [{start_time: '24:00', end_time: '24:00'}]",
    ),
    ("times:", "times: [{start_time: '09:00'}]"),
    (
        "times:",
        "times: [{start_time: '09:60', end_time: '17:00'}]",
    ),
    (
        "times:",
        "times: [{start_time: '09:00', end_time: '17:00', x: y}]",
    ),
    ("weekdays:", "weekdays: [mon]"),
    ("weekdays:", "weekdays: ['friday:monday']"),
    ("weekdays:", "weekdays: ['1:3']"),
    ("weekdays:", "weekdays: ['monday: friday']"),
    ("weekdays:", "weekdays: monday"),
    ("weekdays:", "weekdays: ['monday:tuesday:friday']"),
    ("days_of_month:", "days_of_month: ['0']"),
    ("days_of_month:", "days_of_month: ['32']"),
    ("days_of_month:", "days_of_month: ['-1:1']"),
    ("days_of_month:", "days_of_month: ['28:-1']"),
    ("days_of_month:", "days_of_month: ['5:1']"),
    ("days_of_month:", "days_of_month: ['+1']"),
    ("days_of_month:", "days_of_month: ['01:05']"),
    ("months:", "months: [jan]"),
    ("months:", "months: ['march:january']"),
    ("months:", "months: ['may:']"),
    ("years:", "years: ['2027:2025']"),
    ("years:", "years: [soon]"),
    ("equal:", "equal: ['a-b']"),
    ("equal:", "equal: zone"),
    ("source_matchers:", "source_matchers: ['a']"),
    ("target_match_re:", "target_match_re: {a: '['}"),
    ("target_match:", "target_mach: {a: b}"),
    ("smtp_smarthost:", "smtp_smarthost: mail.example"),
    ("smtp_smarthost:", "smtp_smarthost: 'mail.example:'"),
    ("smtp_smarthost:", "smtp_smarthost: '::1:25'"),
    ("smtp_smarthost:", "smtp_hello: x"),
    ("smtp_from:", "smtp_auth_identity: x"),
    (
        "smtp_auth_password_file:",
        "smtp_auth_password: x\nsmtp_auth_password_file: y",
    ),
    ("slack_api_url:", "slack_api_url: 'ftp://x'"),
    ("slack_api_url:", "slack_api_url: x"),
    ("slack_api_url:", "slack_api_url: ''"),
    ("slack_api_url:", "slack_api_url: ~"),
    ("slack_api_url:", "slack_api_url_file: /run/x"),
    (
        "slack_api_url:",
        "slack_api_url: 'http://x'\nslack_api_url_file: /run/x",
    ),
    ("resolve_timeout:", "resolve_timeout: 5"),
    ("resolve_timeout:", "resolve_timeout: ''"),
    ("smtp_require_tls:", "smtp_require_tls: 'no'"),
    ("smtp_require_tls:", "smtp_require_tls: n"),
    ("api_url:", "api_url: 'http://x'\napi_url_file: /run/x"),
    ("api_url:", "api_url: 'http:x'"),
    ("api_url:", "api_url: 'http://a:x'"),
    ("url:", "url: 'http://a/%zz'"),
    ("url:", "url: 'http://'"),
    ("url:", "url: ~"),
    ("url:", "url_file: /run/x"),
    ("url:", "url: 'http://a'\ntimeout: 5s"),
    ("max_alerts:", "max_alerts: -1"),
    ("max_alerts:", "max_alerts: '3'"),
    ("max_alerts:", "max_alerts: many"),
    ("send_resolved:", "send_resolved: 'true'"),
    ("send_resolved:", "send_resolve: true"),
    (
        "http_config:",
        "http_config: {bearer_token: a, bearer_token_file: b}",
    ),
    (
        "http_config:",
        "http_config: {bearer_token: a, basic_auth: {username: b}}",
    ),
    (
        "http_config:",
        "http_config: {basic_auth: {username: b, password: c, password_file: d}}",
    ),
    (
        "http_config:",
        "http_config: {authorization: {type: basic}}",
    ),
    (
        "http_config:",
        "http_config: {authorization: {credentials: a, credentials_file: b}}",
    ),
    (
        "http_config:",
        "http_config: {authorization: {credentials: a}, bearer_token: b}",
    ),
    (
        "http_config:",
        "http_config: {tls_config: {min_version: TLS9}}",
    ),
    ("http_config:", "http_config: {tls_config: {ca: x}}"),
    (
        "http_config:",
        "http_config: {proxy_from_environment: true}",
    ),
    ("http_config:", "http_config: {proxy_url: ':'}"),
    ("http_config:", "http_config: ~"),
    ("routing_key:", "routing_key: ''"),
    ("routing_key:", "routing_key: ~"),
    ("routing_key:", "routing_key: a\nrouting_key_file: b"),
    ("details:", "details: [a]"),
    ("details:", "details: {a: [b]}"),
    ("links:", "links: [{hreff: a}]"),
    ("fields:", "fields: [{title: a}]"),
    ("fields:", "fields: [{value: a}]"),
    ("fields:", "fields: [{}]"),
    ("actions:", "actions: [{type: button}]"),
    ("actions:", "actions: [{type: button, text: x}]"),
    (
        "actions:",
        "actions: [{type: button, text: x, name: y, confirm: {}}]",
    ),
    ("mrkdwn_in:", "mrkdwn_in: text"),
    ("title:", "title: [x]"),
    ("to:", "to: ''"),
    ("to:", "to: ~"),
    ("to:", "cc: a"),
    ("headers:", "headers: {subject: a, Subject: b}"),
    ("headers:", "headers: [a]"),
    ("smarthost:", "smarthost: '[::1:25'"),
    ("smarthost:", "smarthost: a]:25"),
    ("tls_config:", "tls_config: {ca_file: [x]}"),
];

/// What amtool accepts and we refuse: kinds and fields that we lack, and what it falls over later.
const LACKED: &[(&str, &str)] = &[
    ("name: r", "&\nopsgenie_configs: []"),
    ("name: r", "&\ntelegram_configs: []"),
    ("title:", "title: '{{ .CommonLabel }}'"),
    ("title:", "title: '{{ template \"nobody\" . }}'"),
    ("title:", "title: '{{ humanize 1 }}'"),
    ("title:", "title: '{{'"),
    ("months:", "months: ['13']"),
    ("years:", "years: ['99999']"),
    ("times:", "times: [~]"),
    ("slack_api_url:", "slack_api_url: 'http://a/b c'"),
    ("slack_api_url:", "slack_api_url: '<secret>'"),
    ("slack_api_url:", "&\nopsgenie_api_key: x"),
    ("smtp_smarthost:", "smtp_smarthost: ':25'"),
    ("url:", "url: http://ü"),
    ("url:", "url: 'http://:80'"),
    ("max_alerts:", "max_alerts: 0x10"),
    ("routing_key:", "service_key: x"),
    (
        "http_config:",
        "http_config: {tls_config: {min_version: TLS10}}",
    ),
    ("http_config:", "http_config: {tls_config: {cert_file: /x}}"),
    ("http_config:", "http_config: {proxy_url: x}"),
    (
        "http_config:",
        "http_config: {oauth2: {client_id: a, client_secret: b, token_url: 'http://x'}}",
    ),
];

/// Puts one thing in place of one line that bears its key, `&` for what stood there; `None` where there is no such line.
fn spoiled(chance: &mut Chance, text: &str, (key, wrong): (&str, &str)) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let body = |line: &str| line.trim_start().trim_start_matches("- ").to_owned();
    let bears = |at: &usize| body(lines[*at]).starts_with(key);
    let places: Vec<usize> = (0..lines.len()).filter(bears).collect();
    if places.is_empty() {
        return None;
    }
    let at = chance.pick(&places);
    let before = lines[at].len() - body(lines[at]).len();
    let pad = format!("\n{}", " ".repeat(before));
    let wrong = wrong.replace('\n', &pad).replace('&', &body(lines[at]));
    let wrong = format!("{}{wrong}", &lines[at][..before]);
    let mut lines: Vec<String> = lines.into_iter().map(str::to_owned).collect();
    lines[at] = wrong;
    Some(lines.join("\n") + "\n")
}

#[test]
fn a_file_is_accepted_or_refused_as_by_amtool() {
    let (count, seed) = (
        number("ALERTMANAGER_FILES", 400),
        number("ALERTMANAGER_FILES_SEED", 1),
    );
    let mut chance = Chance::new(seed);
    let files = (0..count).map(|index| {
        let good = generate::file(&mut chance);
        let at = usize::try_from(index).expect("it is small") % SPOILED.len();
        let text = match index % 4 {
            0 => good,
            _ => spoiled(&mut chance, &good, SPOILED[at]).unwrap_or(good),
        };
        (format!("{index:06}.yml"), text)
    });
    let files: BTreeMap<_, _> = files.collect();
    let Some(theirs) = accepted(&files) else {
        return;
    };
    let mut refused = 0;
    for (name, text) in &files {
        let ours = parse(name, text, None);
        refused += usize::from(!theirs[name]);
        assert_eq!(ours.is_ok(), theirs[name], "{:?}\n{text}", ours.err());
        if let Err(error) = ours {
            assert!(error.line() > 0, "{error}");
        }
    }
    // Both kinds are there, or it shows nothing.
    assert!(
        refused > files.len() / 4 && refused < files.len() * 3 / 4,
        "{refused}"
    );
}

/// Whoever uses these is told so, and not that his file is good.
#[test]
fn what_we_lack_is_refused_with_its_line_though_amtool_takes_it() {
    let mut chance = Chance::new(2);
    let mut files = BTreeMap::new();
    for (at, case) in LACKED.iter().enumerate() {
        let text = (0..100).find_map(|_| {
            let good = generate::file(&mut chance);
            spoiled(&mut chance, &good, *case)
        });
        files.insert(format!("{at:03}.yml"), text.expect("some file has the key"));
    }
    let Some(theirs) = accepted(&files) else {
        return;
    };
    assert!(theirs.values().all(|it| *it), "{theirs:?}");
    for text in files.values() {
        let error = parse("x.yml", text, None).expect_err(text);
        assert!(error.line() > 0, "{error}");
    }
}
