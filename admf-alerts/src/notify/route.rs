//! Which receivers an alert goes to, and with which others.

use std::collections::BTreeSet;
use std::time::Duration;

use super::ladder::Ladder;
use crate::labels::Labels;
use crate::series::{MatchOp, Matcher};
use crate::template::go_quoted;

/// Says which labels make a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupBy {
    /// All of them: each alert is a group.
    All,
    /// These, as far as an alert has them; none: all alerts are one group.
    Labels(BTreeSet<String>),
}

impl Default for GroupBy {
    fn default() -> Self {
        Self::Labels(BTreeSet::new())
    }
}

impl GroupBy {
    /// Returns the labels of an alert's group.
    #[must_use]
    pub fn labels(&self, alert: &Labels) -> Labels {
        let taken = alert.iter().filter(|(name, _)| match self {
            Self::All => true,
            Self::Labels(names) => names.contains(*name),
        });
        taken.collect()
    }
}

/// Declares a node of the routing tree. What is `None` is as in the node above.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Route {
    /// Who is told.
    pub receiver: Option<String>,
    /// Which alerts come here: those that all of these match.
    pub matchers: Vec<Matcher>,
    /// Whether nodes after this one are asked too.
    pub r#continue: bool,
    /// Which alerts are told of together. Default of the root: all.
    pub group_by: Option<GroupBy>,
    /// How long a new group waits for more alerts. Default of the root: 30 s.
    pub group_wait: Option<Duration>,
    /// How long after a flush of the group the next one is. Default of the root: 5 minutes.
    pub group_interval: Option<Duration>,
    /// How long until what did not change is told again. Default of the root: 4 hours.
    pub repeat_interval: Option<Duration>,
    /// Time intervals in which nobody is told; not those of the node above.
    pub mute_time_intervals: Vec<String>,
    /// Time intervals outside of which nobody is told; not those of the node above.
    pub active_time_intervals: Vec<String>,
    /// The nodes below, the first that matches first.
    pub routes: Vec<Self>,
}

/// Holds a node with all that it takes over from those above.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Node {
    /// The matchers on the way to it; begins the keys of its groups.
    pub key: String,
    /// Who is told.
    pub receiver: String,
    /// Which alerts are told of together.
    pub group_by: GroupBy,
    /// How long a new group waits for more alerts.
    pub group_wait: Duration,
    /// How long after a flush of the group the next one is.
    pub group_interval: Duration,
    /// How long until what did not change is told again.
    pub repeat_interval: Duration,
    /// Time intervals in which nobody is told.
    pub mute_time_intervals: Vec<String>,
    /// Time intervals outside of which nobody is told.
    pub active_time_intervals: Vec<String>,
    matchers: Vec<Matcher>,
    r#continue: bool,
    children: Vec<usize>,
}

impl Node {
    /// Returns the key of the group that has these labels: the way to the node, and the labels.
    #[must_use]
    pub fn group_key(&self, labels: &Labels) -> String {
        let mut pairs: Vec<String> = labels
            .iter()
            .map(|(name, value)| format!("{name}={}", go_quoted(value)))
            .collect();
        pairs.sort();
        format!("{}:{{{}}}", self.key, pairs.join(", "))
    }
}

/// Holds the routing tree.
///
/// # Examples
///
/// ```
/// use admf_alerts::Labels;
/// use admf_alerts::notify::{Route, Routes};
/// use admf_alerts::series::{MatchOp, Matcher};
///
/// let mut page = Route::default();
/// page.receiver = Some("pager".into());
/// page.matchers = vec![Matcher::new("severity", MatchOp::Equal, "critical", false)?];
/// let mut root = Route::default();
/// root.receiver = Some("mail".into());
/// root.routes = vec![page];
/// let routes = Routes::new(&root)?;
///
/// let receiver = |severity| {
///     let labels = Labels::from_iter([("severity", severity)]);
///     routes.matching(&labels).map(|(_, node)| node.receiver.clone()).collect::<Vec<_>>()
/// };
/// assert_eq!(receiver("critical"), ["pager"]);
/// assert_eq!(receiver("info"), ["mail"]);
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug)]
pub struct Routes {
    /// The root first; a node stands before those below it.
    nodes: Vec<Node>,
    /// By ladder and level: the nodes of those who are told then. No alert comes to them by itself.
    levels: Vec<Vec<Vec<usize>>>,
}

impl Routes {
    /// Takes the tree below its root.
    ///
    /// # Errors
    ///
    /// A root without a receiver, or with something that not every alert passes.
    pub fn new(root: &Route) -> Result<Self, String> {
        let Some(receiver) = root.receiver.clone() else {
            return Err("the root has no receiver".to_owned());
        };
        if !root.matchers.is_empty() || root.r#continue {
            return Err(
                "the root must take every alert: it has no matchers, and nothing after it"
                    .to_owned(),
            );
        }
        if !root.mute_time_intervals.is_empty() || !root.active_time_intervals.is_empty() {
            return Err("the root must not have time intervals".to_owned());
        }
        let above = Node {
            key: String::new(),
            receiver,
            group_by: GroupBy::default(),
            group_wait: Duration::from_secs(30),
            group_interval: Duration::from_secs(5 * 60),
            repeat_interval: Duration::from_secs(4 * 3_600),
            mute_time_intervals: Vec::new(),
            active_time_intervals: Vec::new(),
            matchers: Vec::new(),
            r#continue: false,
            children: Vec::new(),
        };
        let mut routes = Self {
            nodes: Vec::new(),
            levels: Vec::new(),
        };
        routes.add(root, &above);
        Ok(routes)
    }

    fn add(&mut self, route: &Route, above: &Node) -> usize {
        let matchers = sorted(&route.matchers);
        let slash = if self.nodes.is_empty() { "" } else { "/" };
        let key = format!("{}{slash}{}", above.key, written(&matchers));
        let node = Node {
            key,
            receiver: route
                .receiver
                .clone()
                .unwrap_or_else(|| above.receiver.clone()),
            group_by: route
                .group_by
                .clone()
                .unwrap_or_else(|| above.group_by.clone()),
            group_wait: route.group_wait.unwrap_or(above.group_wait),
            group_interval: route.group_interval.unwrap_or(above.group_interval),
            repeat_interval: route.repeat_interval.unwrap_or(above.repeat_interval),
            mute_time_intervals: route.mute_time_intervals.clone(),
            active_time_intervals: route.active_time_intervals.clone(),
            matchers,
            r#continue: route.r#continue,
            children: Vec::new(),
        };
        let at = self.nodes.len();
        self.nodes.push(node.clone());
        let children = route.routes.iter().map(|child| self.add(child, &node));
        let children = children.collect();
        self.nodes[at].children = children;
        at
    }

    /// Adds who is told at each level of ladders: at once, and not again unless the level is reached again.
    pub(super) fn climb(&mut self, ladders: &[Ladder]) {
        for ladder in ladders {
            let matchers = written(&sorted(&ladder.matchers));
            let mut levels = Vec::new();
            for (at, level) in ladder.levels.iter().enumerate() {
                let key = format!("{{}}/{matchers}/level {}", at + 1);
                let first = self.nodes.len();
                let nodes = level.receivers.iter().map(|receiver| Node {
                    key: key.clone(),
                    receiver: receiver.clone(),
                    group_by: GroupBy::All,
                    group_wait: Duration::ZERO,
                    repeat_interval: Duration::MAX,
                    children: Vec::new(),
                    ..self.nodes[0].clone()
                });
                let nodes: Vec<Node> = nodes.collect();
                self.nodes.extend(nodes);
                levels.push((first..self.nodes.len()).collect());
            }
            self.levels.push(levels);
        }
    }

    /// Lists the levels of a ladder: the numbers of their nodes.
    pub(super) fn levels(&self, ladder: usize) -> impl Iterator<Item = &Vec<usize>> {
        self.levels[ladder].iter()
    }

    /// Says whether a node is of a level: those come last.
    pub(super) fn is_level(&self, node: usize) -> bool {
        let mut nodes = self.levels.iter().flatten().flatten();
        nodes.next().is_some_and(|first| *first <= node)
    }

    /// Lists the nodes that an alert comes to, with their numbers: depth first, of each level the first that matches
    /// and those after it as long as they continue; a node itself only where none below it matches.
    pub fn matching(&self, labels: &Labels) -> impl Iterator<Item = (usize, &Node)> {
        let mut found = Vec::new();
        self.walk(0, labels, &mut found);
        found.into_iter().map(|at| (at, &self.nodes[at]))
    }

    fn walk(&self, at: usize, labels: &Labels, found: &mut Vec<usize>) -> bool {
        let node = &self.nodes[at];
        if !node.matchers.iter().all(|matcher| matcher.matches(labels)) {
            return false;
        }
        let before = found.len();
        for &child in &node.children {
            if self.walk(child, labels, found) && !self.nodes[child].r#continue {
                break;
            }
        }
        if found.len() == before {
            found.push(at);
        }
        true
    }

    /// Lists all nodes, with their numbers.
    #[must_use]
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = (usize, &Node)> {
        self.nodes.iter().enumerate()
    }

    pub(super) fn node(&self, at: usize) -> &Node {
        &self.nodes[at]
    }
}

fn sorted(matchers: &[Matcher]) -> Vec<Matcher> {
    let mut matchers = matchers.to_vec();
    matchers.sort_by_key(|it| (it.name().to_owned(), it.value().to_owned(), rank(it.op())));
    matchers
}

fn written(matchers: &[Matcher]) -> String {
    let matchers: Vec<String> = matchers.iter().map(ToString::to_string).collect();
    format!("{{{}}}", matchers.join(","))
}

fn rank(op: MatchOp) -> u8 {
    match op {
        MatchOp::Equal => 0,
        MatchOp::NotEqual => 1,
        MatchOp::Matches => 2,
        MatchOp::MatchesNot => 3,
    }
}
