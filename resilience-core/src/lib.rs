//! Policies that keep a service standing when its dependencies fall. No runtime, no tasks, no timers.
