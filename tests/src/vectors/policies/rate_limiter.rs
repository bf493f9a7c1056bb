//! `rate_limiter`.

use resilience_core::rate_limiter::RateLimiterKind;
use resilience_core::{Ask, Gate, Permit, RateLimiter, RateLimiterConfig, Rejected, Time};

use super::Policy;
use super::calls::{self, Asked, Held};
use super::turns::Line;
use crate::vectors::case::{Built, Driver, World, unknown_op};
use crate::vectors::compare::{Seen, Shown};
use crate::vectors::schema::{Checked, Fields};

pub(super) const KEYS: &[(&str, &str)] = &[
    ("kind", "kind"),
    ("permits", "permits"),
    ("per_ms", "per"),
    ("burst", "burst"),
    ("max_wait_ms", "max_wait"),
];

pub(super) const POLICY: Policy = Policy {
    name: "rate_limiter",
    keys: &[KEYS],
    build,
};

pub(super) fn config(fields: &Fields<'_>) -> Checked<RateLimiterConfig> {
    let default = RateLimiterConfig::default();
    let kinds = [
        ("gcra", RateLimiterKind::Gcra),
        ("fixed_window", RateLimiterKind::FixedWindow),
        ("sliding_log", RateLimiterKind::SlidingLog),
        ("sliding_counter", RateLimiterKind::SlidingCounter),
    ];
    Ok(RateLimiterConfig {
        kind: fields.word("kind", &kinds)?.unwrap_or(default.kind),
        permits: fields.whole("permits")?.unwrap_or(default.permits),
        per: fields.length("per_ms")?.unwrap_or(default.per),
        burst: fields.whole("burst")?,
        max_wait: fields.length("max_wait_ms")?,
    })
}

struct Rate {
    limiter: RateLimiter,
    line: Line<RateLimiter>,
}

fn build(world: &World, fields: &Fields<'_>) -> Built {
    let limiter = RateLimiter::new("case", config(fields)?, &world.env)?;
    let line = Line::new(limiter.clone());
    Ok(Box::new(Rate { limiter, line }))
}

impl Driver for Rate {
    fn move_to(&mut self, world: &World, at: Time) {
        self.line.move_to(world, at);
    }

    fn act(&mut self, world: &World, op: &str, args: &Fields<'_>) -> Checked<Seen> {
        let seen = match op {
            "acquire" => acquire(&self.limiter, args, &mut self.line.held)?,
            "peek" => {
                let mut asked = Asked::default();
                asked.note(self.limiter.check(&cost(args, Ask::default())?));
                told(&asked)
            }
            "enqueue" => self.enqueue(args)?,
            "refund" => {
                // A permit whose call was never begun is unused.
                drop(self.line.take(args)?);
                Seen::new()
            }
            "drop" => self.drop(world, args)?,
            "reconfigure" => {
                let config = calls::reconfigured(args, config)?;
                calls::accepted(self.limiter.reconfigure(config))?;
                Seen::new()
            }
            "turns" | "read" => Seen::new(),
            _ => return unknown_op(op),
        };
        // A turn that has come is a permit.
        self.line.poll_due()?;
        match op {
            "turns" => self.turns(),
            _ => Ok(seen),
        }
    }

    fn look(&mut self, _: &World) -> Checked<Seen> {
        Ok(look(&self.limiter))
    }
}

impl Rate {
    fn enqueue(&mut self, args: &Fields<'_>) -> Checked<Seen> {
        let label = args.must("call", args.text("call"))?;
        let ask = cost(args, calls::ask(args)?)?;
        let asked = self.line.enqueue(label, &ask)?;
        let (wait, refused) = match asked {
            Ok(wait) => (wait, None),
            Err(refused) => (None, Some(refused)),
        };
        let mut seen = answer(refused.as_ref());
        seen.insert("wait_ms", wait.into());
        Ok(seen)
    }

    /// A waiter goes away. A turn that has come is none any more, but a permit.
    fn drop(&mut self, world: &World, args: &Fields<'_>) -> Checked<Seen> {
        let label = args.must("call", args.text("call"))?;
        match self.line.leave(world, label)? || self.line.held.has(label) {
            true => Ok(Seen::new()),
            false => Err(format!("`call` is `{label}`, which nothing bears")),
        }
    }

    fn turns(&mut self) -> Checked<Seen> {
        let mut seen = self.line.turns()?;
        match seen.remove("timed_out") {
            Some(Shown::List(in_vain)) if in_vain.is_empty() => {}
            other => return Err(format!("waited in vain: {other:?}")),
        }
        seen.insert("waiting", self.limiter.snapshot().waiting.into());
        Ok(seen)
    }
}

/// Does the op `acquire`. A permit that nobody keeps would be given back.
pub(super) fn acquire(
    limiter: &RateLimiter,
    args: &Fields<'_>,
    held: &mut Held<Permit<RateLimiter>>,
) -> Checked<Seen> {
    let ask = cost(args, Ask::default())?;
    let asked = calls::acquire(limiter, &ask, args, held, |_| {})?;
    Ok(told(&asked))
}

/// Returns what shows after every op.
pub(super) fn look(limiter: &RateLimiter) -> Seen {
    let known = limiter.snapshot();
    Seen::from([
        ("remaining", known.remaining.into()),
        ("reset_after_ms", known.reset_after.into()),
    ])
}

fn cost(args: &Fields<'_>, ask: Ask) -> Checked<Ask> {
    Ok(match args.whole("cost")? {
        Some(cost) => ask.cost(cost),
        None => ask,
    })
}

fn told(asked: &Asked) -> Seen {
    let mut seen = asked.seen();
    if let Some(last) = &asked.last {
        seen.extend(answer(last.as_ref().err()));
    }
    seen
}

fn answer(refused: Option<&Rejected>) -> Seen {
    let never_fits = matches!(refused, Some(Rejected::NeverFits(_)));
    let retry_after = refused.and_then(Rejected::retry_after);
    Seen::from([
        ("ok", refused.is_none().into()),
        ("never_fits", never_fits.into()),
        ("retry_after_ms", retry_after.into()),
    ])
}
