//! `deadline`. It has no settings: what is asked is the type, and the text of a header.

use resilience_core::deadline::parse_grpc_timeout;
use resilience_core::{Deadline, Time};

use super::Policy;
use crate::vectors::case::{Built, Driver, World, unknown_op};
use crate::vectors::compare::Seen;
use crate::vectors::schema::{Checked, Fields, millis};

pub(super) const POLICY: Policy = Policy {
    name: "deadline",
    keys: &[],
    build,
};

struct Asked;

fn build(_: &World, _: &Fields<'_>) -> Built {
    Ok(Box::new(Asked))
}

impl Driver for Asked {
    fn act(&mut self, world: &World, op: &str, args: &Fields<'_>) -> Checked<Seen> {
        let now = world.env.now();
        let deadline = match op {
            "left" => Some(earliest(args, now)?),
            "header" => {
                let text = args.must("grpc_timeout", args.text("grpc_timeout"))?;
                parse_grpc_timeout(text).map(|left| Deadline::within(left, now))
            }
            _ => return unknown_op(op),
        };
        let left = deadline.map(|it| it.left(now));
        Ok(Seen::from([("left_ms", left.into())]))
    }
}

fn earliest(args: &Fields<'_>, now: Time) -> Checked<Deadline> {
    let inherited = args.list("deadlines_ms")?.map_or(&[][..], Vec::as_slice);
    let inherited: Option<Vec<_>> = inherited.iter().map(millis).collect();
    let inherited = inherited.ok_or("`deadlines_ms` must be a list of times in milliseconds")?;
    let inherited = inherited
        .into_iter()
        .map(|it| Deadline::at(Time::ZERO.after(it)));
    let own = args.length("timeout_ms")?;
    let own = own.map(|it| Deadline::within(it, now));
    let earliest = Deadline::earliest(inherited.chain(own));
    earliest.ok_or_else(|| "there is neither a deadline nor a timeout".to_owned())
}
