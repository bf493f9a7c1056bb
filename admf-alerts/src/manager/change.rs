//! Changes: each is made whole or not at all.

use std::time::Duration;

use super::Manager;
use super::kept::{Declared, Kept};
use crate::alert_template::{AlertTemplate, Channel, Condition, Known, Severity};
use crate::engine::{AlertEvent, Engine};
use crate::rule::{Rule, RuleError, RuleGroup};

/// How long nobody is told again of an alert that was added by [`Manager::add_alert_rule`].
const SUPPRESSION: Duration = Duration::from_secs(300);

/// What fired under alerts that a change took away; it is told as [`AlertEvent::Withdrawn`].
pub type Withdrawn = Vec<AlertEvent>;

/// Changes. All return what fired under what is gone by them.
impl Manager {
    /// Adds a template.
    ///
    /// # Errors
    ///
    /// Its id is taken, one of its channels is set up in another way elsewhere, or as [`AlertTemplate::rule`].
    pub fn add_template(&mut self, template: AlertTemplate) -> Result<Withdrawn, RuleError> {
        self.change(|kept, known| kept.put("", Declared::Template(template), known, true))
    }

    /// Takes a template in place of the alert of its id. Its alerts go on as long as it has the same name and labels.
    ///
    /// # Errors
    ///
    /// No alert has its id, or as [`add_template`](Self::add_template).
    pub fn update_template(&mut self, template: AlertTemplate) -> Result<Withdrawn, RuleError> {
        self.update(Declared::Template(template))
    }

    /// Adds a rule that has an id.
    ///
    /// # Errors
    ///
    /// It has none or it is taken, the engine refuses the rule, or it names a channel that nobody has set up.
    pub fn add_rule(&mut self, rule: Rule) -> Result<Withdrawn, RuleError> {
        self.change(|kept, known| kept.put("", Declared::Rule(rule), known, true))
    }

    /// Takes a rule in place of the alert of its id. Its alerts go on as long as it has the same name and labels.
    ///
    /// # Errors
    ///
    /// No alert has its id, or as [`add_rule`](Self::add_rule).
    pub fn update_rule(&mut self, rule: Rule) -> Result<Withdrawn, RuleError> {
        self.update(Declared::Rule(rule))
    }

    /// Adds an alert by name, condition (a text or a closure), severity and the names of its channels. `suppression` is how
    /// long after a notice nobody is told again; `None`: 5 minutes.
    ///
    /// # Errors
    ///
    /// As [`add_template`](Self::add_template); the name is the id.
    pub fn add_alert_rule<C: AsRef<str>>(
        &mut self,
        name: &str,
        condition: impl Into<Condition>,
        severity: Severity,
        channels: impl IntoIterator<Item = C>,
        suppression: Option<Duration>,
    ) -> Result<Withdrawn, RuleError> {
        let template = AlertTemplate::new(name, condition)
            .severity(severity)
            .cooldown_period(suppression.unwrap_or(SUPPRESSION));
        let channels = channels.into_iter();
        self.add_template(channels.fold(template, |it, name| it.channel(name.as_ref())))
    }

    /// Sets up a channel that alerts may name, in place of one of its name.
    ///
    /// # Errors
    ///
    /// It is of no kind or has no name, or a template sets up another one of its name.
    pub fn add_channel(&mut self, channel: Channel) -> Result<(), RuleError> {
        channel.check().map_err(|problem| RuleError {
            of: "channel",
            ..problem.of(&channel.name)
        })?;
        self.change(|kept, _| {
            kept.channels.insert(channel.name.clone(), channel);
            Ok(())
        })
        .map(drop)
    }

    /// Evaluates an alert again; does nothing where it is.
    ///
    /// # Errors
    ///
    /// No alert has the id.
    pub fn enable(&mut self, id: &str) -> Result<Withdrawn, RuleError> {
        self.set_enabled(id, true)
    }

    /// Ceases to evaluate an alert, and keeps it. What fires under it is withdrawn: nobody knows by then whether it still holds.
    ///
    /// # Errors
    ///
    /// No alert has the id.
    pub fn disable(&mut self, id: &str) -> Result<Withdrawn, RuleError> {
        self.set_enabled(id, false)
    }

    /// Removes an alert.
    ///
    /// # Errors
    ///
    /// No alert has the id.
    pub fn remove(&mut self, id: &str) -> Result<Withdrawn, RuleError> {
        self.change(|kept, _| {
            kept.entry(id)?;
            kept.entries.remove(id);
            Ok(())
        })
    }

    /// Says whether a template would be taken, in place of the alert of its id if there is one. Nothing changes.
    ///
    /// # Errors
    ///
    /// As [`add_template`](Self::add_template), but for an id that is taken.
    pub fn validate(&self, template: &AlertTemplate) -> Result<(), RuleError> {
        let is_new = !self.kept.entries.contains_key(&template.id);
        let declared = Declared::Template(template.clone());
        let kept = self.changed(|kept, known| kept.put("", declared, known, is_new))?;
        Engine::with(kept.groups(self.interval), self.options.clone()).map(drop)
    }

    /// Takes the templates of a source, such as a file, in place of those that it had. What was enabled or disabled by hand is
    /// as the source says again.
    ///
    /// # Errors
    ///
    /// As [`add_template`](Self::add_template), of the first that is refused.
    pub fn load(
        &mut self,
        source: &str,
        templates: impl IntoIterator<Item = AlertTemplate>,
    ) -> Result<Withdrawn, RuleError> {
        self.change(|kept, known| {
            kept.entries.retain(|_, entry| entry.source != source);
            let mut templates = templates.into_iter().map(Declared::Template);
            templates.try_for_each(|it| kept.put(source, it, known, true))
        })
    }

    /// Takes the groups of a source, such as a rule file, in place of those that it had; none remove it. They are evaluated
    /// before all alerts that have an id.
    ///
    /// # Errors
    ///
    /// A rule's id is taken, the engine refuses a group, or a rule names a channel that nobody has set up.
    pub fn set_groups(
        &mut self,
        source: &str,
        groups: impl IntoIterator<Item = RuleGroup>,
    ) -> Result<Withdrawn, RuleError> {
        self.change(|kept, _| {
            let groups = groups.into_iter().collect();
            kept.sources.insert(source.to_owned(), groups);
            kept.sources.retain(|_, groups| !groups.is_empty());
            Ok(())
        })
    }

    /// Keeps what it was loaded from.
    fn update(&mut self, declared: Declared) -> Result<Withdrawn, RuleError> {
        self.change(|kept, known| {
            let id = declared.id().to_owned();
            let source = kept.entry(&id)?.source.clone();
            kept.put(&source, declared, known, false)
        })
    }

    fn set_enabled(&mut self, id: &str, enabled: bool) -> Result<Withdrawn, RuleError> {
        self.change(|kept, _| {
            let entry = kept.entry(id)?;
            entry.enabled = enabled;
            if let Declared::Template(template) = &mut entry.declared {
                template.enabled = enabled;
            }
            Ok(())
        })
    }

    /// Makes a change on a copy, and takes it over once the engine has.
    fn change(
        &mut self,
        change: impl FnOnce(&mut Kept, &Known) -> Result<(), RuleError>,
    ) -> Result<Withdrawn, RuleError> {
        let kept = self.changed(change)?;
        let withdrawn = self.engine.reload(kept.groups(self.interval))?;
        self.kept = kept;
        Ok(withdrawn)
    }

    fn changed(
        &self,
        change: impl FnOnce(&mut Kept, &Known) -> Result<(), RuleError>,
    ) -> Result<Kept, RuleError> {
        let mut kept = self.kept.clone();
        let set_up = self.kept.channels.keys();
        let known = set_up.fold(self.known.clone(), Known::channel);
        change(&mut kept, &known)?;
        kept.check(&known)?;
        Ok(kept)
    }
}
