//! Alerts go where amtool says.

use std::ffi::OsString;

use admf_alerts::Labels;
use admf_alerts::alertmanager_file::{export, parse};
use admf_alerts::notify::Routes;
use serde_json::Value;
use tempfile::TempDir;
use tests::chance::Chance;
use tests::prometheus::encoded;
use tests::service::{Service, ask};

use crate::amtool::amtool;
use crate::generate::{self, LABELS, VALUES};

#[test]
fn two_hundred_label_sets_go_where_amtool_says() {
    let mut chance = Chance::new(5);
    let folder = TempDir::new().expect("a folder can be made");
    let path = folder.path().join("alertmanager.yml");
    let (mut deep, mut several) = (0, 0);
    let first = "{route: {receiver: r}, receivers: [{name: r}]}";
    let service = Service::start(env!("CARGO_BIN_EXE_alert_service"), first, None);
    for _ in 0..40 {
        let text = generate::file(&mut chance);
        std::fs::write(&path, &text).expect("it can be written");
        let setup = parse("alertmanager.yml", &text, None).expect("it is a good file");
        // The files of certificates that channels name are not there.
        let mut bare = setup.clone();
        bare.channels.values_mut().for_each(Vec::clear);
        let bare = export(&bare, false).expect("it can be written");
        service.configure(&bare.text);
        let read = ask(&service.address(), "POST", "/-/reload", "").expect("it is up");
        assert_eq!(read, (200, String::new()), "{text}");
        let routes = Routes::new(&setup.notify.route).expect("the tree is sound");
        for _ in 0..5 {
            let labels = LABELS.iter().map(|name| (*name, chance.pick(&VALUES)));
            let labels = Labels::from_iter(labels.collect::<Vec<_>>());
            let mut args: Vec<OsString> = ["config", "routes", "test", "--config.file"]
                .map(Into::into)
                .into();
            args.push(path.clone().into());
            args.extend(
                labels
                    .iter()
                    .map(|(name, value)| format!("{name}={value}").into()),
            );
            let Some(done) = amtool(&args) else {
                return;
            };
            let theirs = String::from_utf8_lossy(&done.stdout).trim().to_owned();
            let ours: Vec<_> = routes
                .matching(&labels)
                .map(|(_, node)| node.receiver.as_str())
                .collect();
            assert_eq!(ours.join(","), theirs, "{labels}\n{text}");
            assert_eq!(served(&service, &labels), theirs, "{labels}\n{text}");
            deep += usize::from(routes.matching(&labels).any(|it| it.0 > 0));
            several += usize::from(ours.len() > 1);
        }
    }
    // Or it shows little.
    assert!(deep > 50 && several > 10, "{deep} {several}");
}

/// Where the service says that labels go.
fn served(service: &Service, labels: &Labels) -> String {
    let label =
        |(name, value): (&str, &str)| format!("label={}", encoded(&format!("{name}={value}")));
    let labels: Vec<String> = labels.iter().map(label).collect();
    let path = format!("/api/admf/v1/routes?{}", labels.join("&"));
    let (_, answer) = ask(&service.address(), "GET", &path, "").expect("it is up");
    let answer: Value = serde_json::from_str(&answer).expect("it is JSON");
    let receivers = answer["receivers"].as_array().expect("it is a list").iter();
    let names: Vec<&str> = receivers
        .map(|it| it.as_str().unwrap_or_default())
        .collect();
    names.join(",")
}
