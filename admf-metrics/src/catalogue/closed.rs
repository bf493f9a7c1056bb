//! Closed labels as types: an enum whose variants are the values.

use super::Label;

/// Is an enum whose variants are all the values of a label.
///
/// Declared by [`label_values!`](crate::label_values).
pub trait LabelValue: Copy + 'static {
    /// The name of the label.
    const NAME: &'static str;
    /// The variants, in the order of their declaration.
    const ALL: &'static [Self];
    /// The values, in the order of the variants.
    const VALUES: &'static [&'static str];
    /// The label, for a declaration. One of another name may take [`VALUES`](Self::VALUES).
    const LABEL: Label = Label::one_of(Self::NAME, Self::VALUES);

    /// Returns where the variant stands in [`VALUES`](Self::VALUES).
    fn index(self) -> usize;

    /// Returns the variant's value.
    #[must_use]
    fn value(self) -> &'static str {
        Self::VALUES[self.index()]
    }
}

/// Is a [`LabelValue`], or a pair or triple of different ones: what an
/// [`Each`](crate::handle::Each) finds its series by.
pub trait Closed: Copy {
    /// The labels.
    const LABELS: &'static [Label];

    /// Returns the place in the list of all there are, in which the last label changes first.
    fn position(self) -> usize;
}

impl<A: LabelValue> Closed for A {
    const LABELS: &'static [Label] = &[A::LABEL];

    fn position(self) -> usize {
        self.index()
    }
}

impl<A: LabelValue, B: LabelValue> Closed for (A, B) {
    const LABELS: &'static [Label] = &[A::LABEL, B::LABEL];

    fn position(self) -> usize {
        self.0.index() * B::VALUES.len() + self.1.index()
    }
}

impl<A: LabelValue, B: LabelValue, C: LabelValue> Closed for (A, B, C) {
    const LABELS: &'static [Label] = &[A::LABEL, B::LABEL, C::LABEL];

    fn position(self) -> usize {
        (self.0, self.1).position() * C::VALUES.len() + self.2.index()
    }
}

/// Declares an enum whose variants are all the values of a label, in the parentheses.
///
/// `LABEL` and `value()` are of the trait [`LabelValue`](crate::LabelValue): bring it into scope.
/// As text a variant is its value.
///
/// # Examples
///
/// ```
/// use admf_metrics::{Catalogue, Counter, Exporter, LabelValue, Metric, label_values};
///
/// label_values! {
///     /// How an order ended.
///     enum Outcome("outcome") { Filled = "filled", Refused = "refused" }
/// }
/// label_values! { enum Side("side") { Buy = "buy", Sell = "sell" } }
///
/// const ORDERS: Metric = Metric::counter("shop_orders_total", "Orders by side and outcome.")
///     .labels(&[Side::LABEL, Outcome::LABEL]);
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let exporter = Exporter::local(Catalogue::new([ORDERS])?);
/// let bought = exporter.meter().counter_each::<Outcome>(&ORDERS, &[("side", "buy")])?;
/// bought.of(Outcome::Filled).increment(1); // an index into an array
///
/// let all = exporter.meter().counter_each::<(Side, Outcome)>(&ORDERS, &[])?;
/// all.of((Side::Sell, Outcome::Refused)).increment(2);
///
/// let text = exporter.render();
/// assert!(text.contains("shop_orders_total{side=\"buy\",outcome=\"filled\"} 1\n"));
/// assert!(text.contains("shop_orders_total{side=\"sell\",outcome=\"refused\"} 2\n"));
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! label_values {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident($label:literal) {
            $($(#[$of:meta])* $variant:ident = $value:literal),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        $vis enum $name {
            $($(#[$of])* $variant),+
        }

        impl $crate::LabelValue for $name {
            const NAME: &'static str = $label;
            const ALL: &'static [Self] = &[$(Self::$variant),+];
            const VALUES: &'static [&'static str] = &[$($value),+];

            fn index(self) -> usize {
                self as usize
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad($crate::LabelValue::value(*self))
            }
        }
    };
}
