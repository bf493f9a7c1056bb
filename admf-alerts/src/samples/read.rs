//! Takes the samples out of an exposition.

use admf_exposition::{Exposition, Problem, validate};

use super::{Family, FamilyKind, Point, Samples};

pub(super) fn parse(text: &str) -> Result<Samples, Problem> {
    let exposition = admf_exposition::parse(text)?;
    let mut problems = validate(&exposition).err().into_iter().flatten();
    match problems.find(|problem| problem.rule().is_of_order()) {
        Some(problem) => Err(problem),
        None => Ok(samples(&exposition)),
    }
}

fn samples(exposition: &Exposition<'_>) -> Samples {
    let mut samples = Samples::default();
    for family in exposition.families() {
        if family.help.is_some() || family.kind != FamilyKind::Untyped {
            let said = Family {
                kind: family.kind,
                help: family.help.as_deref().map(str::to_owned),
            };
            samples.families.insert(family.name.to_owned(), said);
        }
        for sample in &family.samples {
            let point = Point {
                value: sample.value,
                timestamp: sample.timestamp,
            };
            let labels = sample.labels.iter().collect();
            // Not by `entry` at once, which would copy the name for each sample.
            match samples.series.get_mut(sample.name) {
                Some(series) => series.insert(labels, point),
                None => {
                    let series = samples.series.entry(sample.name.to_owned());
                    series.or_default().insert(labels, point)
                }
            };
        }
    }
    samples
}
