//! Whole runs against the numbered rules, read naively. The times are few, so that they often meet.

use proptest::prelude::*;

use super::*;

/// One attempt of a script; times are in milliseconds.
#[derive(Clone, Copy, Debug)]
struct Step {
    answer: Answer,
    took: u64,
    hint: Option<u64>,
    never_again: bool,
    cost: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Answer {
    Success,
    Failure,
    Ignored,
    Rejected,
}

#[derive(Clone, Copy, Debug)]
struct Rules {
    max_attempts: u32,
    base: u64,
    max_total: Option<u64>,
    deadline: Option<u64>,
    hints: HintPolicy,
    hint_min: u64,
    hint_max: u64,
    retry_rejected: bool,
    /// Retries that the budget has.
    budget: Option<u32>,
    /// What the call itself allows.
    own_attempts: u32,
    own_total: Option<u64>,
}

#[derive(Debug, Default, PartialEq)]
struct Run {
    sent_at: Vec<u64>,
    delays: Vec<u64>,
    returned: Option<usize>,
    ended_at: u64,
}

/// The rules, one after the other; delays are linear without jitter.
fn naive(rules: Rules, script: &[Step], begin: u64) -> Run {
    let mut run = Run::default();
    let (mut now, mut budget, mut any_sent) = (begin, rules.budget, false);
    if rules.deadline.is_some_and(|it| it <= now) {
        run.ended_at = now;
        return run;
    }
    for attempt in 1.. {
        let step = script[(attempt - 1).min(script.len() - 1)];
        let sent = step.answer != Answer::Rejected;
        if sent {
            run.sent_at.push(now);
        }
        now += step.took;
        if sent || !any_sent {
            run.returned = Some(attempt);
        }
        any_sent |= sent;
        let again = match step.answer {
            Answer::Failure => true,
            Answer::Rejected => rules.retry_rejected,
            Answer::Success | Answer::Ignored => false,
        };
        let plain = (rules.base * attempt as u64).min(20 * rules.base);
        let hint = step.hint.map(|it| it.min(rules.hint_max));
        let delay = match (rules.hints, hint) {
            (HintPolicy::Ignored, _) | (_, None) => plain,
            (HintPolicy::Exact, Some(hint)) => hint,
            (HintPolicy::AtLeast, Some(hint)) => hint.max(plain),
            (HintPolicy::Clamped, Some(hint)) => hint.max(rules.hint_min),
        };
        let late = |end: u64| now + delay >= end;
        let too_late = [rules.max_total, rules.own_total]
            .iter()
            .flatten()
            .any(|it| late(begin + it))
            || rules.deadline.is_some_and(late);
        if !again
            || step.never_again
            || attempt as u32 >= rules.max_attempts.min(rules.own_attempts)
            || too_late
            || budget.is_some_and(|it| it < step.cost)
        {
            break;
        }
        budget = budget.map(|it| it - step.cost);
        run.delays.push(delay);
        now += delay;
    }
    run.ended_at = now;
    run
}

/// The same run by the policy, with the test as service and clock.
fn driven(rules: Rules, script: &[Step], begin: u64) -> Run {
    let millis = Duration::from_millis;
    let time = |it| Time::ZERO.after(millis(it));
    let (retry, env, clock) = retry(RetryConfig {
        max_attempts: rules.max_attempts,
        backoff: BackoffConfig {
            kind: crate::backoff::BackoffKind::Linear,
            base: millis(rules.base),
            max: millis(20 * rules.base),
            jitter: crate::backoff::Jitter::None,
            ..Default::default()
        },
        max_total: rules.max_total.map(millis),
        hints: rules.hints,
        hint_min: millis(rules.hint_min),
        hint_max: millis(rules.hint_max),
        retry_rejected: rules.retry_rejected,
        budget: rules.budget.map(|retries| RetryBudgetConfig {
            ratio: 0.0,
            floor_per_second: f64::from(retries) / 1_000.0,
            window: 1_000 * SECOND,
        }),
        ..Default::default()
    });
    let now = || env.now().since(Time::ZERO).as_millis() as u64;
    clock.set(time(begin));
    let mut run = Run::default();
    let ask = rules
        .deadline
        .map_or_else(Ask::default, |it| Ask::default().deadline(time(it)))
        .retries(crate::RetryLimits {
            max_attempts: rules.own_attempts,
            max_total: rules.own_total.map_or(Duration::MAX, millis),
        });
    if let Ok(mut attempts) = retry.start(&ask) {
        let mut earlier = None;
        for attempt in 1.. {
            let step = script[(attempt - 1).min(script.len() - 1)];
            let rejected = step.answer == Answer::Rejected;
            if !rejected {
                run.sent_at.push(now());
            }
            clock.advance(millis(step.took));
            let outcome = match step.answer {
                Answer::Success => Outcome::Success,
                Answer::Failure => Outcome::Failure,
                Answer::Ignored | Answer::Rejected => Outcome::Ignored,
            };
            let hint = match step.hint {
                _ if step.never_again => Hint::DoNotRetry,
                Some(hint) => Hint::After(millis(hint)),
                None => Hint::None,
            };
            let delay = attempts.after(Verdict {
                outcome,
                rejected,
                hint,
                cost: step.cost,
            });
            let stands = Attempted {
                result: attempt,
                rejected,
            }
            .after(earlier.take());
            run.returned = Some(stands.result);
            earlier = Some(stands);
            let Some(delay) = delay else { break };
            run.delays.push(delay.as_millis() as u64);
            clock.advance(delay);
        }
        assert_eq!(attempts.sent() as usize, run.sent_at.len());
        assert_eq!(retry.snapshot().sent as usize, run.sent_at.len());
    }
    run.ended_at = now();
    run
}

fn step() -> impl Strategy<Value = Step> {
    let answer = prop_oneof![
        1 => Just(Answer::Success),
        8 => Just(Answer::Failure),
        1 => Just(Answer::Ignored),
        4 => Just(Answer::Rejected),
    ];
    let never_again = prop::bool::weighted(0.05);
    let hint = prop::option::of(0_u64..15);
    let cost = prop_oneof![4 => Just(1_u32), 1 => 0_u32..4];
    (answer, 0_u64..4, hint, never_again, cost).prop_map(
        |(answer, took, hint, never_again, cost)| Step {
            answer,
            took,
            hint,
            never_again,
            cost,
        },
    )
}

prop_compose! {
    fn rules()(
        max_attempts in 1_u32..8,
        base in 1_u64..5,
        max_total in prop::option::of(1_u64..40),
        deadline in prop::option::of(0_u64..40),
        hints in prop::sample::select(vec![
            HintPolicy::Exact, HintPolicy::AtLeast, HintPolicy::Clamped, HintPolicy::Ignored,
        ]),
        hint_max in 0_u64..15,
        hint_share in 0_u64..=100,
        retry_rejected in any::<bool>(),
        budget in prop::option::of(0_u32..5),
        own_attempts in prop_oneof![2 => Just(u32::MAX), 1 => 0_u32..8],
        own_total in prop::option::weighted(0.3, 0_u64..40),
    ) -> Rules {
        let hint_min = hint_max * hint_share / 100;
        Rules {
            max_attempts, base, max_total, deadline, hints, hint_min, hint_max, retry_rejected, budget,
            own_attempts, own_total,
        }
    }
}

proptest! {
    #[test]
    fn a_run_is_what_the_rules_say(
        rules in rules(),
        script in prop::collection::vec(step(), 1..8),
        begin in 0_u64..20,
    ) {
        prop_assert_eq!(driven(rules, &script, begin), naive(rules, &script, begin));
    }
}
