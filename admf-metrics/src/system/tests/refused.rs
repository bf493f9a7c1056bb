use super::*;

fn refused(config: SystemConfig) -> String {
    let error = SystemSampler::new(exporter().meter(), config).unwrap_err();
    error.to_string()
}

#[test]
fn an_interval_below_what_ticks_can_show_is_refused() {
    let config = |millis| SystemConfig {
        interval: Duration::from_millis(millis),
        ..SystemConfig::default()
    };
    assert_eq!(
        refused(config(199)),
        "interval: must be at least 200ms, is 199ms"
    );
    assert!(SystemSampler::new(exporter().meter(), config(200)).is_ok());
}

#[test]
fn a_data_folder_that_is_none_is_refused() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let config = |path: PathBuf| SystemConfig {
        data_dir: path,
        ..SystemConfig::default()
    };
    assert_eq!(
        refused(config("/nowhere/at all".into())),
        "data_dir: must be a folder that exists, /nowhere/at all: No such file or directory (os error 2)"
    );
    let expected = format!(
        "data_dir: must be a folder that exists, {}: not a folder",
        file.path().display()
    );
    assert_eq!(refused(config(file.path().to_owned())), expected);
}

#[test]
fn a_catalogue_that_lacks_one_of_the_metrics_is_refused() {
    for left_out in 0..METRICS.len() {
        let mut metrics = METRICS.to_vec();
        let metric = metrics.remove(left_out);
        let exporter = Exporter::local(Catalogue::new(metrics).unwrap());
        let error = SystemSampler::new(exporter.meter(), SystemConfig::default());
        assert_eq!(
            error.unwrap_err().to_string(),
            format!("metric `{}` is not declared in the catalogue", metric.name)
        );
    }
}
