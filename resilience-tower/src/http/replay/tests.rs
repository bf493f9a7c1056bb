//! Bodies that are read anew, against plain concatenation.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Wake;

use http::HeaderMap;
use proptest::prelude::*;

use super::*;

/// What a scripted body does when it is polled.
#[derive(Clone, Debug)]
enum Act {
    Data(Vec<u8>),
    Wait,
    Fail,
    Panic,
}

/// A body by a script, which says its exact length.
#[derive(Debug)]
struct Script {
    acts: VecDeque<Act>,
    trailers: Option<HeaderMap>,
    alive: Arc<()>,
}

fn script(acts: impl IntoIterator<Item = Act>) -> Script {
    Script {
        acts: acts.into_iter().collect(),
        trailers: None,
        alive: Arc::new(()),
    }
}

fn data(text: &str) -> Act {
    Act::Data(text.into())
}

fn trailers() -> HeaderMap {
    HeaderMap::from_iter([(http::header::ETAG, "7".parse().unwrap())])
}

impl Body for Script {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Polled {
        match self.acts.pop_front() {
            Some(Act::Data(data)) => Poll::Ready(Some(Ok(Frame::data(data.into())))),
            Some(Act::Wait) => Poll::Pending,
            Some(Act::Fail) => Poll::Ready(Some(Err("torn".into()))),
            Some(Act::Panic) => panic!("torn"),
            None => Poll::Ready(self.trailers.take().map(|it| Ok(Frame::trailers(it)))),
        }
    }

    fn size_hint(&self) -> SizeHint {
        let lengths = self.acts.iter().map(|act| match act {
            Act::Data(data) => data.len() as u64,
            _ => 0,
        });
        SizeHint::with_exact(lengths.sum())
    }
}

/// A body that does not say how long it is.
struct Unsized(Script);

impl Body for Unsized {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled {
        Pin::new(&mut self.0).poll_frame(cx)
    }
}

#[derive(Default)]
struct Woken(AtomicU32);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn poll<B: Body<Data = Bytes, Error = BoxError> + Unpin>(body: &mut ReplayBody<B>) -> Polled {
    Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop()))
}

/// What is read of a body: its bytes, and its trailers; `None` where it breaks off.
type Whole = Option<(Vec<u8>, Option<HeaderMap>)>;

/// Reads a body to its end, or `frames` of it.
fn read<B>(body: &mut ReplayBody<B>, frames: usize) -> Whole
where
    B: Body<Data = Bytes, Error = BoxError> + Unpin,
{
    let (mut bytes, mut trailers) = (Vec::new(), None);
    for _ in 0..frames {
        match poll(body) {
            Poll::Pending => {}
            Poll::Ready(None) => break,
            Poll::Ready(Some(Err(_))) => return None,
            Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) => bytes.extend_from_slice(&data),
                Err(frame) => trailers = frame.into_trailers().ok(),
            },
        }
    }
    Some((bytes, trailers))
}

const ALL: usize = usize::MAX;

fn gone(polled: Polled) -> bool {
    matches!(polled, Poll::Ready(Some(Err(error))) if error.is::<BodyGone>())
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => prop::collection::vec(any::<u8>(), 0..6).prop_map(Act::Data),
        2 => Just(Act::Wait),
    ]
}

proptest! {
    #[test]
    fn every_copy_is_the_concatenation_as_long_as_it_fits(
        acts in prop::collection::vec(act(), 0..12),
        with_trailers in any::<bool>(),
        says_its_length in any::<bool>(),
        max_bytes in 0_usize..40,
        attempts in prop::collection::vec((0_usize..16, any::<bool>()), 0..5),
    ) {
        let whole: Vec<u8> = acts.iter().flat_map(|act| match act {
            Act::Data(data) => data.clone(),
            _ => Vec::new(),
        }).collect();
        let mut original = script(acts);
        original.trailers = with_trailers.then(trailers);
        let alive = Arc::downgrade(&original.alive);
        let end = original.trailers.clone();
        if says_its_length {
            check(original, &whole, end, max_bytes, &attempts, says_its_length)?;
        } else {
            check(Unsized(original), &whole, end, max_bytes, &attempts, says_its_length)?;
        }
        prop_assert!(alive.upgrade().is_none(), "nothing is kept at the end");
    }
}

/// Makes `attempts`, each of which reads so many frames and is then dropped or held, and a last one.
fn check<B>(
    original: B,
    whole: &[u8],
    trailers: Option<HeaderMap>,
    max_bytes: usize,
    attempts: &[(usize, bool)],
    says_its_length: bool,
) -> Result<(), TestCaseError>
where
    B: Body<Data = Bytes, Error = BoxError> + Unpin,
{
    let mut body = ReplayBody::new(original, max_bytes);
    let fits = whole.len() <= max_bytes;
    if says_its_length {
        prop_assert_eq!(body.is_replayable(), fits);
    }
    let template = body.replay();
    prop_assert_eq!(template.is_some(), fits || !says_its_length);
    let mut held = Vec::new();
    for &(frames, hold) in attempts {
        let Some((begun, _)) = read(&mut body, frames) else {
            return Err(TestCaseError::fail("it broke off"));
        };
        prop_assert!(whole.starts_with(&begun));
        let next = template.as_ref().and_then(ReplayBody::replay);
        prop_assert!(next.is_some() || !fits);
        prop_assert!(next.is_none() || begun.len() <= max_bytes);
        let Some(next) = next else { break };
        if says_its_length {
            prop_assert_eq!(next.size_hint().exact(), Some(whole.len() as u64));
        }
        let earlier = std::mem::replace(&mut body, next);
        held.extend(hold.then_some(earlier));
    }
    drop(template);
    // Past the limit only the first attempt is sure to read it all.
    if fits || attempts.is_empty() {
        prop_assert_eq!(read(&mut body, ALL), Some((whole.to_vec(), trailers)));
        prop_assert!(body.is_end_stream());
        prop_assert_eq!(body.size_hint().exact(), Some(0));
    }
    for mut earlier in held {
        let polled = poll(&mut earlier);
        prop_assert!(!fits || gone(polled) || earlier.done);
    }
    Ok(())
}

#[test]
fn a_body_past_the_limit_goes_on_and_is_not_repeated() {
    for (max_bytes, kept) in [(0, false), (5, false), (6, true), (usize::MAX, true)] {
        let mut body = ReplayBody::new(Unsized(script([data("abc"), data("def")])), max_bytes);
        let template = body.replay().unwrap();
        let whole = Some((b"abcdef".to_vec(), None));
        assert_eq!(read(&mut body, ALL), whole, "{max_bytes}");
        assert_eq!(template.is_replayable(), kept, "{max_bytes}");
        assert_eq!(template.replay().is_some(), kept, "{max_bytes}");
    }
}

#[test]
fn nothing_is_kept_where_the_body_says_that_it_is_too_long_or_nobody_may_repeat_it() {
    let mut long = ReplayBody::new(script([data("abc")]), 2);
    assert!(!long.is_replayable());
    assert!(read(&mut long, ALL).is_some());

    let mut alone = ReplayBody::new(script([data("abc"), data("def")]), 99);
    assert!(alone.is_replayable());
    assert!(read(&mut alone, 1).is_some());
    assert!(!alone.is_replayable());
}

#[test]
fn what_is_kept_is_let_go_when_the_call_has_ended_though_the_body_is_still_sent() {
    let mut body = ReplayBody::new(script([data("abc"), data("def"), data("ghi")]), 99);
    let template = body.replay().unwrap();
    read(&mut body, 2).unwrap();
    assert_eq!(body.shared.lock().kept_bytes(), 6);
    drop(template);
    assert_eq!(read(&mut body, 1).unwrap().0, b"ghi");
    assert_eq!(body.shared.lock().kept_bytes(), 0);
}

#[test]
fn after_an_early_answer_the_next_attempt_reads_what_was_kept_and_then_the_rest() {
    let mut early = ReplayBody::new(script([data("abc"), Act::Wait, data("def")]), 99);
    let template = early.replay().unwrap();
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(woken.clone());
    let mut context = Context::from_waker(&waker);
    assert!(Pin::new(&mut early).poll_frame(&mut context).is_ready());
    assert!(Pin::new(&mut early).poll_frame(&mut context).is_pending());

    // The server has answered; the connection still holds the first body, and waits.
    let mut next = template.replay().unwrap();
    assert_eq!(woken.0.load(Ordering::Relaxed), 1, "it is told");
    assert!(gone(poll(&mut early)));
    assert!(matches!(poll(&mut early), Poll::Ready(None)));
    assert_eq!(next.size_hint().exact(), Some(6));
    assert_eq!(read(&mut next, ALL).unwrap().0, b"abcdef");
}

#[test]
fn an_error_of_the_original_ends_it_for_all() {
    let mut body = ReplayBody::new(script([data("abc"), Act::Fail]), 99);
    let template = body.replay().unwrap();
    poll(&mut body).is_ready();
    let Poll::Ready(Some(Err(error))) = poll(&mut body) else {
        panic!("it is torn")
    };
    assert_eq!(error.to_string(), "torn");
    assert!(matches!(poll(&mut body), Poll::Ready(None)));
    assert!(template.replay().is_none());
    let mut template = template;
    assert!(gone(poll(&mut template)));
}

#[test]
fn an_original_that_panics_is_gone() {
    let mut body = ReplayBody::new(script([Act::Panic]), 99);
    let mut template = body.replay().unwrap();
    let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| poll(&mut body)));
    assert!(polled.is_err());
    assert!(template.replay().is_none());
    assert!(gone(poll(&mut template)));
}

#[test]
fn an_empty_body_is_at_its_end_at_once_and_always_replayable() {
    use http_body_util::Empty;
    let body = ReplayBody::new(Empty::<Bytes>::new(), 0);
    assert!(body.is_end_stream());
    assert_eq!(body.size_hint().exact(), Some(0));
    assert!(body.replay().unwrap().is_end_stream());
}

#[test]
fn bits_of_a_body_are_kept_as_one_piece() {
    let bits = (0..1_000).map(|_| data("a"));
    let mut body = ReplayBody::new(script(bits), 1_000);
    let template = body.replay().unwrap();
    read(&mut body, ALL).unwrap();
    let mut next = template.replay().unwrap();
    assert_eq!(read(&mut next, 1).unwrap().0.len(), 1_000);
}

type Slot = Arc<Mutex<Option<ReplayBody<Overtaken>>>>;

/// A body during whose first poll another thread, as it were, makes a copy and polls it.
struct Overtaken {
    template: Slot,
    copy: Slot,
    woken: Arc<Woken>,
    pieces: VecDeque<&'static str>,
}

impl Body for Overtaken {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Polled {
        if let Some(template) = self.template.lock().unwrap().take() {
            let mut copy = template.replay().unwrap();
            let waker = Waker::from(self.woken.clone());
            let polled = Pin::new(&mut copy).poll_frame(&mut Context::from_waker(&waker));
            assert!(polled.is_pending(), "the original is being polled");
            *self.copy.lock().unwrap() = Some(copy);
        }
        let piece = self.pieces.pop_front();
        Poll::Ready(piece.map(|it| Ok(Frame::data(it.into()))))
    }
}

#[test]
fn a_copy_that_is_polled_while_the_original_is_waits_for_it_and_loses_nothing() {
    let (template, copy) = (Slot::default(), Slot::default());
    let woken = Arc::new(Woken::default());
    let original = Overtaken {
        template: template.clone(),
        copy: copy.clone(),
        woken: woken.clone(),
        pieces: ["abc", "def"].into(),
    };
    let mut earlier = ReplayBody::new(original, 99);
    *template.lock().unwrap() = earlier.replay();
    assert!(gone(poll(&mut earlier)));
    assert_eq!(woken.0.load(Ordering::Relaxed), 1);
    let mut copy = copy.lock().unwrap().take().unwrap();
    assert_eq!(read(&mut copy, ALL).unwrap().0, b"abcdef");
}

#[test]
fn a_copy_of_a_later_attempt_that_has_not_begun_leaves_it_the_body() {
    // A retry layer inside another keeps a copy of each request that it is given.
    let mut first = ReplayBody::new(script([data("abc"), data("def")]), 99);
    let outer = first.replay().unwrap();
    read(&mut first, 1).unwrap();
    let mut second = outer.replay().unwrap();
    let inner = second.replay().unwrap();
    assert!(gone(poll(&mut first)));
    assert_eq!(read(&mut second, ALL).unwrap().0, b"abcdef");
    let mut third = inner.replay().unwrap();
    assert_eq!(read(&mut third, ALL).unwrap().0, b"abcdef");
}

#[test]
fn a_copy_whose_body_was_read_past_the_limit_before_it_began_does_not_pass_for_empty() {
    let mut early = ReplayBody::new(Unsized(script([data("abc"), data("def")])), 5);
    let mut next = early.replay().unwrap();
    assert_eq!(read(&mut early, ALL).unwrap().0, b"abcdef");
    assert!(!next.is_end_stream());
    assert_eq!(next.size_hint().exact(), None);
    assert!(gone(poll(&mut next)));
}
