//! Orders an exposition, which comes out of hash maps, so that two scrapes of one state are equal.

/// Sorts families by name and series within a family, and drops blank lines.
///
/// A histogram's buckets, sum and count stay together, its buckets in their order.
pub(super) fn sorted(text: &str) -> String {
    // A line feed within a help text or a label value is escaped: a blank line ends a family.
    let mut families: Vec<_> = text
        .split("\n\n")
        .filter(|block| !block.is_empty())
        .map(Family::of)
        .collect();
    families.sort_unstable_by_key(|family| family.name);
    let mut out = String::with_capacity(text.len());
    for family in &mut families {
        out.push_str(family.header);
        family.series.sort_unstable();
        for series in &family.series {
            out.push_str(series);
            out.push('\n');
        }
    }
    out
}

struct Family<'t> {
    name: &'t str,
    /// The lines `# HELP` and `# TYPE`.
    header: &'t str,
    /// Each series, without its last line feed.
    series: Vec<&'t str>,
}

impl<'t> Family<'t> {
    fn of(block: &'t str) -> Self {
        let block = block.trim_matches('\n');
        let header_len = block
            .split_inclusive('\n')
            .take_while(|l| l.starts_with('#'))
            .map(str::len);
        let (header, samples) = block.split_at(header_len.sum());
        let kind = header
            .lines()
            .last()
            .and_then(|line| line.strip_prefix("# TYPE "));
        let (name, kind) = kind
            .and_then(|rest| rest.split_once(' '))
            .unwrap_or_default();
        let series = match kind {
            "histogram" => by_count(samples, name),
            _ => samples.lines().collect(),
        };
        Self {
            name,
            header,
            series,
        }
    }
}

/// Cuts after each line of `NAME_count`, the last of its series.
fn by_count<'t>(samples: &'t str, name: &str) -> Vec<&'t str> {
    let mut series = Vec::new();
    let (mut start, mut end) = (0, 0);
    for line in samples.split_inclusive('\n') {
        end += line.len();
        let suffix = line
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix("_count"));
        if suffix.is_some_and(|rest| rest.starts_with(['{', ' '])) {
            series.push(samples[start..end].trim_end_matches('\n'));
            start = end;
        }
    }
    series
}
