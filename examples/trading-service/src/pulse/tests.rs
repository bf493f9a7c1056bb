use std::collections::BTreeMap;

use futures_util::FutureExt;
use proptest::prelude::*;
use tokio::time::advance;

use super::*;

const LIMIT: Duration = Duration::from_secs(30);

async fn pass(seconds: u64) {
    advance(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_is_stuck_is_missed_however_often_the_others_turn() {
    let pulse = Pulse::new(LIMIT);
    let (stuck, other) = (pulse.begin("stuck"), pulse.begin("other"));
    let seconds = async |seconds| {
        for _ in 0..seconds {
            pass(1).await;
            other.turn();
        }
    };
    stuck.turn();
    seconds(30).await;
    assert!(
        pulse.heartbeat().is_alive(),
        "this is not longer than the limit"
    );
    seconds(1).await;
    assert!(!pulse.heartbeat().is_alive());
    assert_eq!(pulse.due(), ["stuck"]);
    stuck.turn();
    assert!(pulse.heartbeat().is_alive());
}

#[tokio::test(start_paused = true)]
async fn loops_that_turn_each_at_its_own_pace_are_alive() {
    let pulse = Pulse::new(LIMIT);
    let (slow, quick) = (pulse.begin("slow"), pulse.begin("quick"));
    for second in 0..3600 {
        pass(1).await;
        quick.turn();
        if second % 29 == 0 {
            slow.turn();
        }
        assert!(pulse.heartbeat().is_alive(), "{second}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_has_ended_is_not_waited_for_and_one_that_never_began_to_turn_is() {
    let pulse = Pulse::new(LIMIT);
    let (ended, other) = (pulse.begin("ended"), pulse.begin("other"));
    drop(ended);
    for _ in 0..100 {
        pass(1).await;
        other.turn();
    }
    assert!(pulse.heartbeat().is_alive());
    let _never = pulse.begin("never");
    // The first turn of the other is the last beat: to begin is a turn too.
    for _ in 0..32 {
        pass(1).await;
        other.turn();
    }
    assert!(!pulse.heartbeat().is_alive());
}

#[tokio::test(start_paused = true)]
async fn work_that_waits_is_alive_and_a_task_that_is_not_polled_is_not() {
    let pulse = Pulse::new(LIMIT);
    let work = pulse.beside(sleep(Duration::from_secs(3600)));
    let mut work = Box::pin(work);
    for _ in 0..100 {
        pass(1).await;
        assert!(work.as_mut().now_or_never().is_none());
        assert!(pulse.heartbeat().is_alive());
    }
    pass(31).await;
    assert!(!pulse.heartbeat().is_alive());
    assert_eq!(pulse.due(), ["main task"]);
    assert!(work.as_mut().now_or_never().is_none());
    assert!(pulse.heartbeat().is_alive());
    work.await;
}

#[tokio::test(start_paused = true)]
async fn who_rests_turns_once_a_second_and_never_longer_than_asked() {
    let pulse = Pulse::new(LIMIT);
    let turning = pulse.begin("a");
    let begun = Instant::now();
    let mut resting = Box::pin(turning.rest(Duration::from_millis(600_500)));
    for _ in 0..600 {
        assert!(resting.as_mut().now_or_never().is_none());
        assert!(pulse.heartbeat().age().is_zero());
        pass(1).await;
    }
    resting.await;
    assert_eq!(begun.elapsed(), Duration::from_millis(600_500));
    Turning::default().rest(Duration::ZERO).await;
}

#[derive(Clone, Debug)]
enum Step {
    Begin,
    Turn(prop::sample::Index),
    End(prop::sample::Index),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => Just(Step::Begin),
        4 => any::<prop::sample::Index>().prop_map(Step::Turn),
        1 => any::<prop::sample::Index>().prop_map(Step::End),
        2 => (1..20_u64).prop_map(Step::Pass),
    ]
}

/// All that happened since the last beat, as it was heard.
#[derive(Debug, Default)]
struct Naive {
    living: Vec<u64>,
    heard: Vec<u64>,
    now: u64,
    beat: u64,
    /// When each was heard last, and the longest time that one of the living was not.
    last: BTreeMap<u64, u64>,
    silence: u64,
}

impl Naive {
    fn due(&self) -> Vec<u64> {
        let living = self.living.iter().copied();
        living.filter(|id| !self.heard.contains(id)).collect()
    }

    fn hears(&mut self, id: u64) {
        self.heard.push(id);
        self.last.insert(id, self.now);
        if self.due().is_empty() {
            (self.beat, self.heard) = (self.now, Vec::new());
        }
    }

    fn passes(&mut self, seconds: u64) {
        self.now += seconds;
        let silent = self.living.iter().map(|id| self.now - self.last[id]);
        self.silence = silent.max().unwrap_or(0).max(self.silence);
    }
}

async fn as_the_naive_one(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let pulse = Pulse::new(LIMIT);
    // One is always there.
    let mut living = vec![pulse.begin("0")];
    let mut naive = Naive {
        living: vec![0],
        last: [(0, 0)].into(),
        ..Naive::default()
    };
    for (number, step) in (1..).zip(steps) {
        match step {
            Step::Begin => {
                living.push(pulse.begin(number.to_string()));
                naive.living.push(number);
                naive.hears(number);
            }
            Step::Turn(which) => {
                let place = which.index(living.len());
                living[place].turn();
                naive.hears(naive.living[place]);
            }
            Step::End(which) if living.len() > 1 => {
                let place = which.index(living.len());
                living.remove(place);
                let ended = naive.living.remove(place);
                naive.hears(ended);
            }
            Step::Pass(seconds) => {
                pass(seconds).await;
                naive.passes(seconds);
            }
            Step::End(_) => {}
        }
        let age = pulse.heartbeat().age().as_secs();
        prop_assert_eq!(age, naive.now - naive.beat, "{:?}", naive);
        let due: Vec<_> = naive.due().iter().map(ToString::to_string).collect();
        prop_assert_eq!(pulse.due(), due);
        // No false alarm: it is never older than the longest that anybody was silent.
        prop_assert!(age <= naive.silence, "{:?}", naive);
    }
    Ok(())
}

proptest! {
    #[test]
    fn it_beats_when_all_that_live_have_turned_and_is_no_older_than_the_longest_silence(
        steps in prop::collection::vec(step(), 1..120)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(as_the_naive_one(steps))?;
    }
}
