//! What several policies share: the words for outcomes, and permits under labels.

use std::collections::BTreeMap;

use resilience_core::{Ask, ConfigError, Gate, Outcome, Permit, Rejected};

use crate::vectors::compare::Seen;
use crate::vectors::schema::{Checked, Fields};

/// The outcomes that every policy knows.
pub(super) const OUTCOMES: [(&str, Outcome); 3] = [
    ("success", Outcome::Success),
    ("failure", Outcome::Failure),
    ("ignored", Outcome::Ignored),
];

pub(super) fn outcome(args: &Fields<'_>) -> Checked<Outcome> {
    args.must("outcome", args.word("outcome", &OUTCOMES))
}

/// Reads what a call asks for.
pub(super) fn ask(args: &Fields<'_>) -> Checked<Ask> {
    let deadline = args.time("deadline_ms")?;
    let ask = Ask::default();
    Ok(match deadline {
        Some(deadline) => ask.deadline(deadline),
        None => ask,
    })
}

/// Reads the `config` of a `reconfigure`.
pub(super) fn reconfigured<T>(
    args: &Fields<'_>,
    config: impl FnOnce(&Fields<'_>) -> Checked<T>,
) -> Checked<T> {
    let fields = args.must("config", args.fields("config"))?;
    let config = config(&fields)?;
    fields.finish()?;
    Ok(config)
}

/// A `reconfigure` is always valid.
pub(super) fn accepted(answer: Result<(), ConfigError>) -> Checked<()> {
    answer.map_err(|error| format!("the config is refused: {error}"))
}

/// Reads `outcomes` and `times`: one outcome for each call, in order.
pub(super) fn outcomes(args: &Fields<'_>) -> Checked<Vec<Outcome>> {
    let letters = args.must("outcomes", args.text("outcomes"))?;
    let times = args.times()? as usize;
    let once: Checked<Vec<_>> = letters.chars().map(letter).collect();
    Ok(once?.repeat(times))
}

fn letter(letter: char) -> Checked<Outcome> {
    match letter {
        'S' => Ok(Outcome::Success),
        'F' => Ok(Outcome::Failure),
        'I' => Ok(Outcome::Ignored),
        _ => Err(format!("`outcomes` has the unknown letter `{letter}`")),
    }
}

/// What is kept under the labels of a case.
pub(super) struct Held<T> {
    labelled: BTreeMap<String, T>,
    /// What has no label, and is never asked for.
    others: Vec<T>,
}

impl<T> Default for Held<T> {
    fn default() -> Self {
        Self {
            labelled: BTreeMap::new(),
            others: Vec::new(),
        }
    }
}

impl<T> Held<T> {
    pub(super) fn keep(&mut self, label: Option<&str>, it: T) -> Checked<()> {
        let Some(label) = label else {
            self.others.push(it);
            return Ok(());
        };
        match self.labelled.insert(label.to_owned(), it) {
            None => Ok(()),
            Some(_) => Err(format!("`call` is `{label}`, which is in use")),
        }
    }

    pub(super) fn has(&self, label: &str) -> bool {
        self.labelled.contains_key(label)
    }

    pub(super) fn take(&mut self, args: &Fields<'_>) -> Checked<T> {
        let label = args.must("call", args.text("call"))?;
        let found = self.labelled.remove(label);
        found.ok_or_else(|| format!("`call` is `{label}`, which nothing bears"))
    }
}

/// How a gate answered one or several asks.
#[derive(Default)]
pub(super) struct Asked {
    /// The last answer.
    pub(super) last: Option<Result<(), Rejected>>,
    admitted: u64,
}

impl Asked {
    pub(super) fn note<T>(&mut self, answer: Result<T, Rejected>) -> Option<T> {
        let (admitted, last) = match answer {
            Ok(permit) => (Some(permit), Ok(())),
            Err(refused) => (None, Err(refused)),
        };
        self.admitted += u64::from(last.is_ok());
        self.last = Some(last);
        admitted
    }

    pub(super) fn seen(&self) -> Seen {
        let ok = self.last.as_ref().map(Result::is_ok);
        Seen::from([("ok", ok.into()), ("admitted", self.admitted.into())])
    }
}

/// Asks `gate` `times` times, does `begin` with each permit and keeps it under the label `call`.
pub(super) fn acquire<G: Gate + Clone>(
    gate: &G,
    ask: &Ask,
    args: &Fields<'_>,
    held: &mut Held<Permit<G>>,
    begin: impl Fn(&mut Permit<G>),
) -> Checked<Asked> {
    let (label, times) = (args.text("call")?, args.times()?);
    let mut asked = Asked::default();
    for _ in 0..times {
        // Each ask reads the clock for itself.
        let answer = Permit::acquire(gate.clone(), &ask.clone());
        let Some(mut permit) = asked.note(answer) else {
            continue;
        };
        begin(&mut permit);
        let label = label.map(|label| match times {
            1 => label.to_owned(),
            _ => format!("{label}#{}", asked.admitted),
        });
        held.keep(label.as_deref(), permit)?;
    }
    Ok(asked)
}
