//! Calls that are measured because a config lists them.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use super::future::MeasuredFuture;
use super::rule::{Classify, Errors};
use super::{MAX_OPERATIONS, Operation};
use crate::clock::Clock;
use crate::meter::{HandleError, Meter};

/// Settings of [`Methods`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct MethodsConfig {
    /// Whether anything is measured at all. Default: true.
    pub production_monitoring: bool,
    /// Names of the methods that are measured, each once, at most 128. Default: none.
    pub monitored_methods: Vec<String>,
}

impl Default for MethodsConfig {
    fn default() -> Self {
        Self {
            production_monitoring: true,
            monitored_methods: Vec::new(),
        }
    }
}

impl MethodsConfig {
    /// Says whether [`Methods::new`] would take it.
    ///
    /// # Errors
    ///
    /// Names field, rule and value where a name is empty or listed twice, or where there are more than
    /// 128.
    pub fn check(&self) -> Result<(), MethodsError> {
        let names = &self.monitored_methods;
        let refuse = |rule, value| Err(MethodsError::Config { rule, value });
        if names.len() > MAX_OPERATIONS {
            return refuse("must list at most 128 names", names.len().to_string());
        }
        for (i, name) in names.iter().enumerate() {
            if name.trim().is_empty() {
                return refuse("must not list an empty name", format!("{name:?}"));
            }
            if names[..i].contains(name) {
                return refuse("must list a name once", format!("{name:?}"));
            }
        }
        Ok(())
    }
}

/// Measures the methods of a component that its config lists, and no other. Clones share it.
///
/// To start and serve all of a program's monitoring is the module `monitoring`.
///
/// A method that is not listed is called as it is: it costs the look into the list.
///
/// # Examples
///
/// ```
/// use admf_metrics::red::{self, Methods, MethodsConfig};
/// use admf_metrics::{Catalogue, Exporter};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let exporter = Exporter::local(Catalogue::new(red::METRICS)?);
/// let config = MethodsConfig {
///     monitored_methods: vec!["place_order".into()],
///     ..Default::default()
/// };
/// let methods = Methods::new(exporter.meter(), &config, &[])?;
///
/// let placed = methods.call("place_order", || Ok::<_, std::io::Error>(7));
/// let quoted = methods.call("quote", || Ok::<_, std::io::Error>(101));
///
/// assert_eq!((placed?, quoted?), (7, 101));
/// let text = exporter.render();
/// assert!(text.contains("_count{operation=\"place_order\",result=\"success\"} 1\n"));
/// assert!(!text.contains("quote"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Methods {
    operations: Arc<BTreeMap<String, Operation>>,
}

impl Methods {
    /// Creates the operations that the config lists, whose errors have these classes.
    ///
    /// # Errors
    ///
    /// The config breaks a rule, or the catalogue of the meter lacks [`METRICS`](super::METRICS).
    pub fn new(
        meter: &Meter,
        config: &MethodsConfig,
        classes: &[&'static str],
    ) -> Result<Self, MethodsError> {
        config.check()?;
        let listed = match config.production_monitoring {
            true => &config.monitored_methods[..],
            false => &[],
        };
        let operations = listed.iter().map(|name| {
            let operation = Operation::with_classes(meter, name, classes)?;
            Ok((name.clone(), operation))
        });
        let operations = operations.collect::<Result<_, HandleError>>();
        let operations = Arc::new(operations.map_err(MethodsError::Handle)?);
        Ok(Self { operations })
    }

    /// Measures by another clock than the operating system's.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        let operations = self.operations.iter().map(|(name, operation)| {
            let operation = operation.clone().with_clock(clock.clone());
            (name.clone(), operation)
        });
        let operations = Arc::new(operations.collect());
        Self { operations }
    }

    /// Returns the operation of a method that is listed, to hold it or to put it into a
    /// `MeasureLayer`.
    #[must_use]
    pub fn operation(&self, method: &str) -> Option<&Operation> {
        self.operations.get(method)
    }

    /// Calls a method; an `Err` is an error of no class.
    ///
    /// # Errors
    ///
    /// Returns what `op` returns.
    pub fn call<T, E>(&self, method: &str, op: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.call_by(method, Errors, op)
    }

    /// Calls a method, whose value tells by a rule how it ended.
    pub fn call_by<T>(&self, method: &str, rule: impl Classify<T>, op: impl FnOnce() -> T) -> T {
        match self.operation(method) {
            Some(operation) => operation.call_by(rule, op),
            None => op(),
        }
    }

    /// Runs the future of a method; an `Err` is an error of no class.
    ///
    /// # Errors
    ///
    /// Returns what `op` returns.
    ///
    /// # Cancel safety
    ///
    /// As [`Operation::run`].
    pub fn run<F, T, E>(&self, method: &str, op: F) -> MeasuredFuture<F, Errors>
    where
        F: Future<Output = Result<T, E>>,
    {
        self.run_by(method, Errors, op)
    }

    /// Runs the future of a method, whose value tells by a rule how it ended.
    ///
    /// # Cancel safety
    ///
    /// As [`Operation::run`].
    pub fn run_by<F, C>(&self, method: &str, rule: C, op: F) -> MeasuredFuture<F, C>
    where
        F: Future,
        C: Classify<F::Output>,
    {
        MeasuredFuture::idle(op, self.operation(method).cloned(), rule)
    }
}

/// Reports a config that [`Methods`] does not take, or a catalogue without its metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MethodsError {
    /// `monitored_methods` breaks a rule.
    Config {
        /// The rule.
        rule: &'static str,
        /// What breaks it.
        value: String,
    },
    /// The catalogue of the meter lacks the metrics.
    Handle(HandleError),
}

impl fmt::Display for MethodsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config { rule, value } => write!(f, "`monitored_methods` {rule}, is {value}"),
            Self::Handle(_) => f.write_str("the metrics of calls are not in the catalogue"),
        }
    }
}

impl std::error::Error for MethodsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Config { .. } => None,
            Self::Handle(error) => Some(error),
        }
    }
}
