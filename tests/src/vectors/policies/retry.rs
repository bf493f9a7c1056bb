//! `retry`. The runner plays the service; the clock follows what each attempt takes and each sleep.

use std::cell::{Cell, RefCell};
use std::future::{Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use resilience_core::retry::{HintPolicy, Verdict};
use resilience_core::{Hint, Outcome, Retry, RetryConfig, Time};
use serde_json::Value;

use super::{Policy, backoff, calls, retry_budget};
use crate::vectors::case::{Built, Driver, World, unknown_op};
use crate::vectors::compare::{Seen, Shown};
use crate::vectors::schema::{Checked, Fields};

const KEYS: &[(&str, &str)] = &[
    ("max_attempts", "max_attempts"),
    ("max_total_ms", "max_total"),
    ("hints", "hints"),
    ("hint_min_ms", "hint_min"),
    ("hint_max_ms", "hint_max"),
    ("retry_rejected", "retry_rejected"),
];

pub(super) const POLICY: Policy = Policy {
    name: "retry",
    keys: &[KEYS, backoff::KEYS, retry_budget::KEYS],
    build,
};

fn config(fields: &Fields<'_>) -> Checked<RetryConfig> {
    let default = RetryConfig::default();
    let hints = [
        ("exact", HintPolicy::Exact),
        ("at_least", HintPolicy::AtLeast),
        ("clamped", HintPolicy::Clamped),
        ("ignored", HintPolicy::Ignored),
    ];
    let max_attempts = fields.whole("max_attempts")?;
    let backoff = fields.fields("backoff")?;
    let backoff = backoff.map(|it| backoff::config(&it)).transpose()?;
    let budget = fields.fields("budget")?;
    let retry_rejected = fields.flag("retry_rejected")?;
    Ok(RetryConfig {
        max_attempts: max_attempts.unwrap_or(default.max_attempts),
        backoff: backoff.unwrap_or(default.backoff),
        max_total: fields.length("max_total_ms")?,
        hints: fields.word("hints", &hints)?.unwrap_or(default.hints),
        hint_min: fields.length("hint_min_ms")?.unwrap_or(default.hint_min),
        hint_max: fields.length("hint_max_ms")?.unwrap_or(default.hint_max),
        retry_rejected: retry_rejected.unwrap_or(default.retry_rejected),
        budget: budget.map(|it| retry_budget::config(&it)).transpose()?,
        ..default
    })
}

struct Runs(Retry);

fn build(world: &World, fields: &Fields<'_>) -> Built {
    let retry = Retry::new("case", config(fields)?, &world.env)?;
    Ok(Box::new(Runs(retry)))
}

/// What the service does with one attempt.
#[derive(Clone, Copy)]
struct Scripted {
    outcome: &'static str,
    verdict: Verdict,
    took: Duration,
}

/// What came of one attempt: its number, from 1, and what the service did.
type Answer = (u32, Scripted);

impl Driver for Runs {
    fn act(&mut self, world: &World, op: &str, args: &Fields<'_>) -> Checked<Seen> {
        match op {
            "run" => self.run(world, args),
            _ => unknown_op(op),
        }
    }
}

impl Runs {
    fn run(&self, world: &World, args: &Fields<'_>) -> Checked<Seen> {
        let script = script(args)?;
        let ask = calls::ask(args)?;
        let service = Service {
            world,
            script: &script,
            asked: Cell::new(0),
            sent: RefCell::default(),
        };
        let delays = RefCell::new(Vec::new());
        let sleep = |delay: Duration| {
            delays.borrow_mut().push(delay);
            world.clock.advance(delay);
            ready(())
        };
        let returned = match self.0.start(&ask) {
            Err(_) => None,
            Ok(attempts) => {
                let run = attempts.run(judge, sleep, || service.answer());
                let mut context = Context::from_waker(Waker::noop());
                let Poll::Ready(end) = pin!(run).poll(&mut context) else {
                    return Err("the run waits for nothing".to_owned());
                };
                Some(end.unwrap_or_else(|exhausted| exhausted.last))
            }
        };
        let sent = service.sent.into_inner();
        Ok(Seen::from([
            ("attempts", sent.len().into()),
            ("sent_at_ms", sent.into()),
            ("delays_ms", delays.into_inner().into()),
            ("returned", returned.map(|(number, _)| number).into()),
            ("outcome", returned.map(|(_, it)| it.outcome).into()),
            ("ended_at_ms", Shown::from(world.env.now())),
        ]))
    }
}

struct Service<'a> {
    world: &'a World,
    script: &'a [Scripted],
    asked: Cell<u32>,
    sent: RefCell<Vec<Time>>,
}

impl Service<'_> {
    fn answer(&self) -> Ready<Result<Answer, Answer>> {
        let asked = self.asked.get();
        self.asked.set(asked + 1);
        let last = self.script.len() - 1;
        let scripted = self.script[last.min(asked as usize)];
        if !scripted.verdict.rejected {
            self.sent.borrow_mut().push(self.world.env.now());
        }
        self.world.clock.advance(scripted.took);
        let answer = (asked + 1, scripted);
        ready(match scripted.verdict.outcome {
            Outcome::Success => Ok(answer),
            Outcome::Failure | Outcome::Ignored => Err(answer),
        })
    }
}

fn judge(result: &Result<Answer, Answer>) -> Verdict {
    match result {
        Ok((_, scripted)) | Err((_, scripted)) => scripted.verdict,
    }
}

fn script(args: &Fields<'_>) -> Checked<Vec<Scripted>> {
    let script = args.must("script", args.list("script"))?;
    if script.is_empty() {
        return Err("`script` is empty".to_owned());
    }
    script.iter().map(scripted).collect()
}

fn scripted(attempt: &Value) -> Checked<Scripted> {
    let fields = Fields::new("an attempt", attempt)?;
    let hint = fields.length("hint_ms")?.map_or(Hint::None, Hint::After);
    let do_not_retry = fields.flag("do_not_retry")?.unwrap_or(false);
    let final_ = ("failure", Outcome::Failure, false, true);
    let words = [
        ("success", ("success", Outcome::Success, false, false)),
        ("failure", ("failure", Outcome::Failure, false, false)),
        ("ignored", ("ignored", Outcome::Ignored, false, false)),
        ("final", final_),
        ("rejected", ("rejected", Outcome::Ignored, true, false)),
    ];
    let word = fields.must("outcome", fields.word("outcome", &words))?;
    let took = fields.length("took_ms")?.unwrap_or_default();
    fields.finish()?;
    let (outcome, told, rejected, hopeless) = word;
    let hint = match hopeless || do_not_retry {
        true => Hint::DoNotRetry,
        false => hint,
    };
    Ok(Scripted {
        outcome,
        verdict: Verdict {
            outcome: told,
            rejected,
            hint,
            cost: 1,
        },
        took,
    })
}
