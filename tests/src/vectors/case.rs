//! One case of `resilience.json`.

use std::sync::Arc;

use resilience_core::{Chance, ConfigError, Env, ManualClock, Time};
use serde_json::{Map, Value};

use super::compare::{Seen, compare};
use super::policies::{self, Policy};
use super::quiet;
use super::report::Verdict;
use super::schema::{Checked, Fields};

/// The world of one case: its clock, and its luck.
pub(super) struct World {
    pub(super) env: Env,
    pub(super) clock: Arc<ManualClock>,
}

/// A policy that ops can be put to, or why there is none.
pub(super) type Built = Result<Box<dyn Driver>, Unbuilt>;

/// Why there is no policy.
pub(super) enum Unbuilt {
    /// The case is not one.
    Case(String),
    /// The constructor refuses the config.
    Refused(ConfigError),
}

impl From<String> for Unbuilt {
    fn from(why: String) -> Self {
        Self::Case(why)
    }
}

impl From<ConfigError> for Unbuilt {
    fn from(error: ConfigError) -> Self {
        Self::Refused(error)
    }
}

/// Puts the ops of a case to a policy.
pub(super) trait Driver {
    /// Moves the clock to `at`, the time of the next op.
    fn move_to(&mut self, world: &World, at: Time) {
        world.clock.set(at);
    }

    /// Does `op`, and returns what it alone shows.
    fn act(&mut self, world: &World, op: &str, args: &Fields<'_>) -> Checked<Seen>;

    /// Returns what shows after every op.
    fn look(&mut self, world: &World) -> Checked<Seen> {
        let _ = world;
        Ok(Seen::new())
    }
}

pub(super) fn unknown_op(op: &str) -> Checked<Seen> {
    Err(format!("has the unknown op `{op}`"))
}

pub(super) fn verdict(case: &Value) -> Verdict {
    let name = match case.get("policy") {
        Some(Value::String(name)) => name.as_str(),
        Some(other) => return Verdict::failed(format!("`policy` must be a text, is {other}")),
        None => return Verdict::failed("has no `policy`"),
    };
    if policies::NOT_BUILT.contains(&name) {
        return Verdict::NotBuilt(name.to_owned());
    }
    let Some(policy) = policies::BUILT.iter().find(|it| it.name == name) else {
        return Verdict::failed(format!("has the unknown policy `{name}`"));
    };
    match quiet::catch(|| run(case, policy)) {
        Ok(Ok(())) => Verdict::Passed,
        Ok(Err(why)) => Verdict::Failed(why),
        Err(panic) => Verdict::Failed(panic),
    }
}

fn run(case: &Value, policy: &Policy) -> Checked<()> {
    let case = Fields::new("the case", case)?;
    for key in ["id", "policy", "rule", "source"] {
        case.text(key)?;
    }
    let none = Value::Object(Map::new());
    let config = Fields::new("`config`", case.raw("config").unwrap_or(&none))?;
    let world = world(&case)?;
    let refused = case.text("refused")?;
    let steps = case.list("steps")?.map_or(&[][..], Vec::as_slice);
    case.finish()?;
    let built = (policy.build)(&world, &config);
    if let Err(Unbuilt::Case(why)) = built {
        return Err(why);
    }
    config.finish()?;
    match (built, refused) {
        (Ok(driver), None) => run_steps(driver, &world, steps),
        (Ok(_), Some(key)) => Err(format!("`{key}` should be refused, and is not")),
        (Err(Unbuilt::Refused(error)), Some(key)) => check_refusal(policy, key, &error, steps),
        (Err(Unbuilt::Refused(error)), None) => Err(format!("the config is refused: {error}")),
        (Err(Unbuilt::Case(why)), _) => Err(why),
    }
}

fn world(case: &Fields<'_>) -> Checked<World> {
    let draws: Option<Vec<f64>> = match case.list("draws")? {
        None => Some(Vec::new()),
        Some(draws) => draws.iter().map(Value::as_f64).collect(),
    };
    let draws = draws.ok_or("`draws` must be a list of numbers")?;
    let (env, clock) = Env::manual();
    clock.set(case.time("created_at_ms")?.unwrap_or_default());
    let env = env.with_chance(Chance::scripted(draws));
    Ok(World { env, clock })
}

fn check_refusal(policy: &Policy, key: &str, error: &ConfigError, steps: &[Value]) -> Checked<()> {
    if !steps.is_empty() {
        return Err("a case that is refused has no steps".to_owned());
    }
    let field = policy.field(key)?;
    match error.field() == field {
        true => Ok(()),
        false => Err(format!("`{key}` should be refused, not: {error}")),
    }
}

fn run_steps(mut driver: Box<dyn Driver>, world: &World, steps: &[Value]) -> Checked<()> {
    let mut compared = 0;
    for (index, step) in steps.iter().enumerate() {
        let number = index + 1;
        let at = |why| format!("step {number}: {why}");
        compared += run_step(driver.as_mut(), world, step).map_err(at)?;
    }
    match compared {
        0 => Err("nothing was compared".to_owned()),
        _ => Ok(()),
    }
}

fn run_step(driver: &mut dyn Driver, world: &World, step: &Value) -> Checked<usize> {
    let args = Fields::new("the step", step)?;
    let at = args.must("at_ms", args.time("at_ms"))?;
    let op = args.must("op", args.text("op"))?;
    let expect = args.fields("expect")?;
    driver.move_to(world, at);
    let mut seen = driver.act(world, op, &args)?;
    args.finish()?;
    match expect {
        Some(expect) if expect.keys().next().is_some() => {
            seen.extend(driver.look(world)?);
            compare(&expect, &seen)
        }
        _ => Ok(0),
    }
}
