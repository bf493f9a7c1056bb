//! Expressions, by chance.

use crate::data::BASE;
use tests::chance::Chance;

/// Writes expressions whose types fit. What two implementations may order or round as they like is left
/// out: the first `k` of equal values, steps of what was computed with logarithms.
pub(crate) struct Generator<'c> {
    chance: &'c mut Chance,
}

const NAMES: [&str; 7] = [
    "calls_total",
    "temp",
    "odd",
    "level",
    "info",
    "wait_bucket",
    "single",
];

const LENGTHS: [&str; 9] = ["15s", "20s", "1m", "90s", "2m", "5m", "7m30s", "10m", "1h"];

const LABELS: [&str; 7] = [
    "job", "instance", "code", "version", "le", "none", "__name__",
];

/// From a window to a number.
const WINDOWS: [&str; 19] = [
    "rate",
    "increase",
    "delta",
    "irate",
    "idelta",
    "deriv",
    "changes",
    "resets",
    "sum_over_time",
    "avg_over_time",
    "count_over_time",
    "min_over_time",
    "max_over_time",
    "stddev_over_time",
    "stdvar_over_time",
    "last_over_time",
    "present_over_time",
    "absent_over_time",
    "rate",
];

/// From a number to a number that is as near to the right one.
const MAPS: [&str; 10] = [
    "abs", "exp", "log2", "sqrt", "atan", "sinh", "tanh", "asinh", "deg", "rad",
];

/// Those that have steps, or zeros near which nothing but what was rounded before is left.
const SHARP: [&str; 12] = [
    "sin", "cos", "tan", "asin", "acos", "ln", "log10", "cosh", "ceil", "floor", "sgn", "round",
];

const AGGREGATES: [&str; 8] = [
    "sum", "avg", "count", "min", "max", "group", "stddev", "stdvar",
];

/// Says whether nothing is in it that may be off by the last bit: functions as machines compute them, and
/// sums, whose order Prometheus leaves to chance.
fn exact(expr: &str) -> bool {
    let inexact = [
        "exp", "ln(", "log", "sin", "cos", "tan", "deg", "rad", "^", "std", "sum", "avg",
        "quantile", "linear", "deriv", "winters",
    ];
    !inexact.iter().any(|function| expr.contains(function))
}

impl<'c> Generator<'c> {
    pub(crate) fn new(chance: &'c mut Chance) -> Self {
        Self { chance }
    }

    fn pick(&mut self, of: &[&'static str]) -> &'static str {
        self.chance.pick(of)
    }

    /// An expression that gives a vector.
    pub(crate) fn vector(&mut self, depth: u32) -> String {
        if depth == 0 {
            return self.selector();
        }
        let inner = depth - 1;
        match self.chance.below(20) {
            0 => self.selector(),
            1..=5 => self.window(inner),
            6..=9 => self.aggregate(inner),
            10..=12 => self.binary(inner),
            13 => self.set(inner),
            14 | 15 => self.map(inner),
            16 => self.labels(inner),
            17 => self.histogram(),
            18 => self.many_to_one(inner),
            _ => self.other(inner),
        }
    }

    fn length(&mut self) -> &'static str {
        self.pick(&LENGTHS)
    }

    fn shift(&mut self) -> String {
        match self.chance.below(12) {
            0 => format!(" offset {}", self.length()),
            1 => format!(" offset -{}", self.length()),
            2 => format!(" @ {}", BASE / 1000 + 2_000),
            3 => " @ start()".to_owned(),
            4 => format!(" @ end() offset {}", self.length()),
            _ => String::new(),
        }
    }

    fn matchers(&mut self) -> String {
        let one = |this: &mut Self| {
            this.pick(&[
                r#"job="api""#,
                r#"job!="db""#,
                r#"job=~"a.*|w.b""#,
                r#"instance!~"[ab]""#,
                r#"code=~"[45].+""#,
                r#"code="""#,
                r#"none="""#,
                r#"le!="0.1""#,
                r#"instance=~"a|b|""#,
            ])
        };
        match self.chance.below(5) {
            0 => format!("{{{}}}", one(self)),
            1 => format!("{{{},{}}}", one(self), one(self)),
            _ => String::new(),
        }
    }

    fn plain(&mut self) -> String {
        let name = self.pick(&NAMES);
        format!("{name}{}", self.matchers())
    }

    fn selector(&mut self) -> String {
        format!("{}{}", self.plain(), self.shift())
    }

    fn matrix(&mut self, depth: u32) -> String {
        let range = self.length();
        if depth > 0 && self.chance.one_in(4) {
            // 2.42 evaluates what `@` holds even where a subquery has no step.
            let range = self.pick(&["2m", "5m", "7m30s", "1h"]);
            let step = self.pick(&["", "15s", "30s", "1m", "2m"]);
            let mut expr = self.vector(depth - 1);
            // It does not take two series for one that follow one another, once they have lost their names.
            if expr.contains(" or ") {
                expr = self.selector();
            }
            // Nor does it find the time that is held within what is held at another.
            let shift = if expr.contains('@') {
                String::new()
            } else {
                self.shift()
            };
            return format!("({expr})[{range}:{step}]{shift}");
        }
        format!("{}[{range}]{}", self.plain(), self.shift())
    }

    fn window(&mut self, depth: u32) -> String {
        let matrix = self.matrix(depth);
        match self.chance.below(8) {
            // 2.42 moves a window that `@` holds where what is beside it moves, or may.
            0 if !matrix.contains('@') => {
                format!("quantile_over_time({}, {matrix})", self.scalar(depth))
            }
            1 if !matrix.contains('@') => format!("predict_linear({matrix}, {})", self.number()),
            2 => format!("holt_winters({matrix}, 0.3, 0.7)"),
            _ => format!("{}({matrix})", self.pick(&WINDOWS)),
        }
    }

    fn names(&mut self) -> String {
        let count = self.chance.below(4);
        let names: Vec<_> = (0..count).map(|_| self.pick(&LABELS)).collect();
        names.join(", ")
    }

    fn grouping(&mut self) -> String {
        match self.chance.below(3) {
            0 => String::new(),
            1 => format!(" by ({})", self.names()),
            _ => format!(" without ({})", self.names()),
        }
    }

    fn aggregate(&mut self, depth: u32) -> String {
        let (grouping, vector) = (self.grouping(), self.vector(depth));
        match self.chance.below(10) {
            0 => {
                // 2.42 does not see that a parameter changes, nor what `@` holds there.
                let q = match vector.contains('@') || vector.contains("vector(") {
                    true => self.number().to_owned(),
                    false => self.scalar(depth),
                };
                let q = if q.contains('@') { "0.9" } else { &q };
                format!("quantile{grouping} ({q}, {vector})")
            }
            1 if exact(&vector) => format!("count_values{grouping} (\"worth\", {vector})"),
            // Values that differ, so that there is one answer.
            2 => format!("topk{grouping} (2, temp{})", self.shift()),
            3 => format!("bottomk{grouping} (3, temp{})", self.shift()),
            // Points in time are far from zero and near one another: little is left of a difference.
            _ if vector.contains("time") => format!("max{grouping} ({vector})"),
            _ => format!("{}{grouping} ({vector})", self.pick(&AGGREGATES)),
        }
    }

    fn number(&mut self) -> &'static str {
        self.pick(&[
            "0", "1", "-1", "2", "0.5", "3.7", "100", "-0.25", "1e3", "600",
        ])
    }

    fn scalar(&mut self, depth: u32) -> String {
        match self.chance.below(8) {
            0 => "time()".to_owned(),
            1 => format!("scalar({})", self.vector(depth.min(1))),
            2 => "0.9".to_owned(),
            3 => format!("({} {} {})", self.number(), self.maths(), self.number()),
            _ => self.number().to_owned(),
        }
    }

    fn maths(&mut self) -> &'static str {
        self.pick(&["+", "-", "*", "/", "%", "^", "atan2"])
    }

    fn compare(&mut self) -> &'static str {
        self.pick(&["==", "!=", "<", "<=", ">", ">="])
    }

    /// A remainder may be anything where its operand is off by the last bit.
    fn operator(&mut self, left: &str) -> String {
        match self.chance.below(5) {
            0 => format!("{} bool", self.compare()),
            1 | 2 => self.compare().to_owned(),
            3 if exact(left) => "%".to_owned(),
            _ => self.pick(&["+", "-", "*", "/", "^", "atan2"]).to_owned(),
        }
    }

    fn matching(&mut self) -> String {
        match self.chance.below(3) {
            0 => String::new(),
            1 => format!(" on ({})", self.names()),
            _ => format!(" ignoring ({})", self.names()),
        }
    }

    fn binary(&mut self, depth: u32) -> String {
        let left = self.vector(depth);
        let op = self.operator(&left);
        match self.chance.below(4) {
            0 => format!("({left}) {op} {}", self.scalar(depth)),
            1 => format!("{} {op} ({left})", self.scalar(depth)),
            2 if exact(&left) => format!("({left}) {op}{} ({left})", self.matching()),
            _ => format!("({left}) {op}{} ({})", self.matching(), self.vector(depth)),
        }
    }

    fn set(&mut self, depth: u32) -> String {
        let op = self.pick(&["and", "or", "unless"]);
        let (left, right) = (self.vector(depth), self.vector(depth));
        format!("({left}) {op}{} ({right})", self.matching())
    }

    fn many_to_one(&mut self, depth: u32) -> String {
        let many = self.vector(depth);
        let op = self.operator(&many);
        match self.chance.below(4) {
            0 => format!("({many}) {op} on (job, instance) group_left (version) info"),
            1 => format!("info {op} on (job, instance) group_right (version) ({many})"),
            2 => format!("({many}) {op} on (job) group_left sum by (job) (temp)"),
            _ => format!("({many}) {op} ignoring (code) group_left level"),
        }
    }

    fn map(&mut self, depth: u32) -> String {
        let vector = self.vector(depth);
        match self.chance.below(8) {
            0 => format!("clamp({vector}, -2, {})", self.scalar(depth)),
            1 => format!("clamp_min({vector}, {})", self.scalar(depth)),
            2 => format!("clamp_max({vector}, {})", self.scalar(depth)),
            3 if exact(&vector) => format!("round({vector}, 0.5)"),
            // Two series that follow one another are one series twice for 2.42, here as in subqueries.
            4 if !vector.contains(" or ") => format!("-({vector})"),
            5 => format!("{}({vector})", self.pick(&MAPS)),
            _ if exact(&vector) => format!("{}({vector})", self.pick(&SHARP)),
            _ => format!("abs({vector})"),
        }
    }

    fn labels(&mut self, depth: u32) -> String {
        let vector = self.vector(depth);
        let target = self.pick(&["job", "made", "instance", "bad-name"]);
        let pattern = self.pick(&["(.*)", "(a).*", "", "(w|d)(.)", "(?P<x>.)(.*)"]);
        let value = self.pick(&["$1", "$2-$1", "", "fixed", "${x}!", "$1x"]);
        match self.chance.below(2) {
            0 => format!(r#"label_join({vector}, "{target}", "-", "job", "instance")"#),
            _ => format!(r#"label_replace({vector}, "{target}", "{value}", "job", "{pattern}")"#),
        }
    }

    fn histogram(&mut self) -> String {
        let q = self.pick(&["0.5", "0.9", "0", "1", "-1", "2", "0.99"]);
        let range = self.length();
        match self.chance.below(3) {
            0 => format!("histogram_quantile({q}, wait_bucket)"),
            1 => format!("histogram_quantile({q}, rate(wait_bucket[{range}]))"),
            _ => format!("histogram_quantile({q}, sum by (le) (rate(wait_bucket[{range}])))"),
        }
    }

    fn other(&mut self, depth: u32) -> String {
        let vector = self.vector(depth);
        match self.chance.below(7) {
            0 => format!("absent({vector})"),
            // As with windows, 2.42 moves what `@` holds.
            1 if !vector.contains('@') => format!("timestamp({vector})"),
            2 => format!("vector({})", self.scalar(depth)),
            3 => format!("sort({vector})"),
            4 if !vector.contains('@') => {
                let part = self.pick(&["minute", "hour", "day_of_week", "day_of_year", "month"]);
                format!("{part}(timestamp({vector}))")
            }
            5 => self
                .pick(&["day_of_month()", "days_in_month()", "year()", "minute()"])
                .to_owned(),
            _ => format!("sum({vector}) + time()"),
        }
    }
}
