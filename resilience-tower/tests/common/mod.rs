//! What the tests share.
#![expect(dead_code, unreachable_pub, reason = "each test file uses some of it")]

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use resilience_core::{Ask, End, Env, Gate, Queue, Rejected, Turn};
use resilience_tower::TokioClock;
