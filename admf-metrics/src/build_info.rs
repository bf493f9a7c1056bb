//! Which build runs, as a metric that other metrics can be joined with.

use crate::catalogue::{Label, Metric};
use crate::meter::{HandleError, Meter};

/// The metric that [`build_info`] sets to 1. A process is of one build.
pub const BUILD_INFO: Metric = Metric::gauge(
    "admf_build_info",
    "1, with the build that runs in its labels.",
)
.labels(&[
    Label::capped("service", 1),
    Label::capped("version", 1),
    Label::capped("commit", 1),
    Label::capped("rustc", 1),
    Label::capped("target", 1),
])
.fed_by("build info");

/// Says which build runs. What is left empty is a label that Prometheus takes for absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BuildInfo<'a> {
    /// What the service is called.
    pub service: &'a str,
    /// Its version: `env!("CARGO_PKG_VERSION")`.
    pub version: &'a str,
    /// The commit it was built from; a build script or the pipeline knows it.
    pub commit: &'a str,
    /// The compiler.
    pub rustc: &'a str,
    /// What it was built for; where empty, processor and system, such as `x86_64-linux`.
    pub target: &'a str,
}

/// Shows which build runs: `admf_build_info{…} 1`.
///
/// # Errors
///
/// The catalogue does not declare [`BUILD_INFO`].
///
/// # Examples
///
/// ```
/// use admf_metrics::build_info::BUILD_INFO;
/// use admf_metrics::{BuildInfo, Catalogue, Exporter, build_info};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let exporter = Exporter::local(Catalogue::new([BUILD_INFO])?);
/// let info = BuildInfo {
///     service: "shop",
///     version: env!("CARGO_PKG_VERSION"),
///     commit: option_env!("GIT_COMMIT").unwrap_or_default(),
///     ..Default::default()
/// };
/// build_info(exporter.meter(), &info)?;
/// assert!(exporter.render().contains("admf_build_info{service=\"shop\",version=\""));
/// # Ok(())
/// # }
/// ```
pub fn build_info(meter: &Meter, info: &BuildInfo<'_>) -> Result<(), HandleError> {
    let here = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
    let target = match info.target {
        "" => here.as_str(),
        target => target,
    };
    let labels = [
        ("service", info.service),
        ("version", info.version),
        ("commit", info.commit),
        ("rustc", info.rustc),
        ("target", target),
    ];
    meter.gauge(&BUILD_INFO, &labels)?.set(1.0);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Catalogue, Exporter};

    #[test]
    fn the_build_is_one_series_and_what_is_not_known_is_empty() {
        let exporter = Exporter::local(Catalogue::new([BUILD_INFO]).unwrap());
        let info = BuildInfo {
            service: "desk",
            version: "1.2.3",
            commit: "c0ffee",
            ..BuildInfo::default()
        };
        build_info(exporter.meter(), &info).unwrap();
        build_info(exporter.meter(), &info).unwrap();
        let text = exporter.render();
        let shown: Vec<_> = text
            .lines()
            .filter(|line| line.starts_with("admf_build_info{"))
            .collect();
        let (arch, os) = (std::env::consts::ARCH, std::env::consts::OS);
        let expected = format!(
            r#"admf_build_info{{service="desk",version="1.2.3",commit="c0ffee",rustc="",target="{arch}-{os}"}} 1"#
        );
        assert_eq!(shown, [expected]);
    }
}
