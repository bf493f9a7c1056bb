//! `matcher`, `matcher_labels`, `matcher_string`.

use super::super::rules::{labels, same};
use super::super::schema::{Checked, Fields};
use super::{matcher, matchers};

pub(super) fn one(case: &Fields<'_>) -> Checked<()> {
    let [op, pattern, value] = ["op", "pattern", "value"].map(|key| case.must(key, case.text(key)));
    let shown = matcher("label", op?, pattern?)?.is_match(value?);
    same("`expect`", case.must("expect", case.flag("expect"))?, shown)
}

pub(super) fn all(case: &Fields<'_>) -> Checked<()> {
    let (matchers, labels) = (matchers(case, "matchers")?, labels(case)?);
    let shown = matchers.iter().all(|matcher| matcher.matches(&labels));
    same("`expect`", case.must("expect", case.flag("expect"))?, shown)
}

pub(super) fn text(case: &Fields<'_>) -> Checked<()> {
    let [name, op, value] = ["name", "op", "value"].map(|key| case.must(key, case.text(key)));
    let shown = matcher(name?, op?, value?)?.to_string();
    same(
        "`expect`",
        case.must("expect", case.text("expect"))?,
        &shown,
    )
}
