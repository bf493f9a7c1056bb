//! The sampler as a user has it; alone in its process, so that its memory is this test's.

use admf_metrics::system::{METRICS, SystemConfig, SystemSampler};
use admf_metrics::{Catalogue, Exporter};

type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

#[test]
fn ten_thousand_samples_keep_no_memory() -> Result {
    let exporter = Exporter::local(Catalogue::new(METRICS)?);
    let sampler = SystemSampler::new(exporter.meter(), SystemConfig::default())?;
    let resident = || sampler.sample().process.map(|process| process.resident);
    for _ in 0..500 {
        sampler.sample();
    }
    let series = exporter.render().lines().count();
    let before = resident().ok_or("the process cannot be read")?;
    for _ in 0..10_000 {
        sampler.sample();
    }
    let after = resident().ok_or("the process cannot be read")?;
    // 52 bytes a sample would be seen.
    assert!(after < before + 512 * 1024, "{before} became {after}");
    assert_eq!(exporter.render().lines().count(), series);
    Ok(())
}
