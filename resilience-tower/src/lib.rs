//! Resilience policies as tower middleware.
