//! Routes and receivers, back as a file for Alertmanager.

use crate::Here;

const FIRST: &str = "
route: {receiver: team}
receivers:
- name: team
  slack_configs: [{api_url: '${SLACK_URL}', channel: x}]
";
const SECOND: &str = "cooldowns: [{length: 20m}]\n";

#[test]
fn routes_are_written_back_with_names_in_the_place_of_secrets() {
    let here = Here::new(&[("alertmanager.yml", FIRST)]);
    let ran = here.run(&["export-routes", "alertmanager.yml"]);
    assert!(
        ran.out
            .contains("api_url: https://env.invalid/${SLACK_URL}"),
        "{ran:?}"
    );
    assert!(!format!("{ran:?}").contains("hooks.example"), "{ran:?}");
    here.run(&["export-routes", "alertmanager.yml", "-o", "out.yml"])
        .is(0, "out.yml: put in ${SLACK_URL}\n", "");
    let written = std::fs::read_to_string(here.path().join("out.yml")).expect("it is written");
    assert_eq!(written.trim_end(), ran.out.trim_end());
    here.run(&[
        "export-routes",
        "alertmanager.yml",
        "-o",
        "alertmanager.yml",
    ])
    .is(
        1,
        "",
        "alertmanager.yml: is read by the same call; write another file\n",
    );
}

#[test]
fn what_alertmanager_cannot_say_stops_it_unless_it_may_be_lost() {
    let here = Here::new(&[("alertmanager.yml", FIRST), ("admf.yml", SECOND)]);
    let args = ["export-routes", "alertmanager.yml", "--second", "admf.yml"];
    here.run(&args).is(
        1,
        "",
        "alertmanager.yml: cooldowns: Alertmanager has none\n",
    );
    let ran = here.run(&[&args[..], &["--lossy"]].concat());
    assert!(
        ran.out
            .starts_with("# lost: cooldowns: Alertmanager has none\n"),
        "{ran:?}"
    );
    assert!(
        ran.err.contains("alertmanager.yml: loss: cooldowns: "),
        "{ran:?}"
    );
}

#[test]
fn what_is_wrong_in_either_file_is_one_line() {
    let here = Here::new(&[("alertmanager.yml", FIRST), ("admf.yml", "cooldown: 1\n")]);
    let args = ["export-routes", "alertmanager.yml", "--second", "admf.yml"];
    let ran = here.run(&args);
    assert!(
        ran.err.starts_with("admf.yml:1:1: cooldown: unknown field"),
        "{ran:?}"
    );
    assert_eq!(ran.err.lines().count(), 1, "{ran:?}");
    here.run(&["export-routes", "none.yml"]).is(
        1,
        "",
        "none.yml: cannot be read: No such file or directory (os error 2)\n",
    );
}
