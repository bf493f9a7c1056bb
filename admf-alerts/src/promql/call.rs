//! Functions, and what else gives other series than it was given.

use std::sync::Arc;

use super::error::QueryError;
use super::eval::{Eval, Evaluated};
use super::expr::{Call, Expr, Kind, Millis};
use super::functions::Body;
use super::value::{Sample, Value, distinct};

impl Eval<'_> {
    pub(super) fn negate(&self, inner: &Expr, time: Millis) -> Evaluated {
        match self.eval(inner, time)? {
            Value::Scalar(value) => Ok(Value::Scalar(-value)),
            Value::Vector(samples) => {
                self.derived(samples.iter().map(|sample| sample.derived(-sample.value)))
            }
            _ => Err(QueryError::failed("expected a scalar or an instant vector")),
        }
    }

    /// A vector of what lost its name: unless that is to be seen later, no two may be equal.
    pub(super) fn derived(&self, samples: impl Iterator<Item = Sample>) -> Evaluated {
        let samples: Vec<_> = samples.collect();
        if !self.delayed() {
            distinct(&samples)?;
        }
        Ok(Value::Vector(samples))
    }

    pub(super) fn call(&self, call: &Call, time: Millis) -> Evaluated {
        let args = &call.args;
        match call.function.body {
            Body::Special(eval) => eval(self, args, time),
            Body::Window { named, of } => {
                let params = self.params(args, time)?;
                let mut samples = vec![];
                self.windows(args, time, |range, window| {
                    if let Some(value) = of(window, &params)? {
                        let mut sample = Sample::new(Arc::clone(range.labels), value);
                        sample.nameless = !named || range.nameless;
                        samples.push(sample);
                    }
                    Ok(())
                })?;
                self.derived(samples.into_iter())
            }
            Body::Map(of) => {
                let samples = self.vector(&args[0], time)?;
                self.derived(samples.iter().map(|it| it.derived(of(it.value))))
            }
            Body::Params(of) => {
                let params = self.params(args, time)?;
                let samples = self.vector(&args[0], time)?;
                let found = samples
                    .iter()
                    .filter_map(|it| Some(it.derived(of(it.value, &params)?)));
                self.derived(found)
            }
            Body::Calendar(of) => match args.first() {
                Some(arg) => {
                    let samples = self.vector(arg, time)?;
                    self.derived(samples.iter().map(|it| it.derived(of(whole(it.value)))))
                }
                None => {
                    let now = of(time.div_euclid(1000));
                    Ok(Value::Vector(vec![Sample::new(Arc::default(), now)]))
                }
            },
        }
    }

    /// The numbers among the arguments.
    fn params(&self, args: &[Expr], time: Millis) -> Result<Vec<f64>, QueryError> {
        let scalars = args.iter().filter(|arg| arg.kind() == Kind::Scalar);
        scalars.map(|arg| self.scalar(arg, time)).collect()
    }
}

/// A number without its fraction, as machines do that Prometheus mostly runs on: what is none, or out of range, is the least.
fn whole(value: f64) -> i64 {
    let bound = 2_f64.powi(63);
    match (-bound..bound).contains(&value) {
        true => value as i64,
        false => i64::MIN,
    }
}
