use proptest::prelude::*;

use super::*;
use crate::bars::{BadBars, Bars, Source};

fn signals(bars: &Bars) -> Vec<Signal> {
    let mut strategies = Strategies::new(bars.symbols.len());
    bars.all
        .iter()
        .zip(0..)
        .flat_map(|(bar, at)| strategies.on_bar(at, bar))
        .collect()
}

fn embedded() -> Bars {
    Bars::load(&Source::Embedded, BadBars::Refuse).unwrap()
}

#[test]
fn the_embedded_bars_give_the_same_two_to_three_thousand_signals_every_time() {
    let (first, again) = (signals(&embedded()), signals(&embedded()));
    assert_eq!(first, again);
    assert_eq!(first.len(), 2_427);
    for strategy in [Crossover::NAME, Reversion::NAME] {
        for side in [Side::Buy, Side::Sell] {
            assert!(
                first
                    .iter()
                    .filter(|s| s.strategy == strategy && s.side == side)
                    .count()
                    > 300
            );
        }
    }
}

#[test]
fn the_crossover_buys_once_as_the_fast_mean_rises_over_the_slow_one() {
    let mut crossover = Crossover::new();
    let falling = (0..30).map(|day| 100.0 - f64::from(day));
    let rising = (0..30).map(|day| 70.0 + 3.0 * f64::from(day));
    let wishes: Vec<_> = falling
        .chain(rising)
        .filter_map(|price| crossover.on_price(price))
        .collect();
    assert_eq!(wishes, [(Side::Buy, 600_000)]);
}

#[test]
fn the_reversion_sells_a_jump_once_and_again_only_after_a_way_back() {
    let mut reversion = Reversion::new();
    let mut wishes = |prices: &[f64]| -> Vec<Side> {
        prices
            .iter()
            .filter_map(|price| reversion.on_price(*price))
            .map(|wish| wish.0)
            .collect()
    };
    assert_eq!(wishes(&[100.0, 101.0].repeat(5)), []);
    assert_eq!(wishes(&[120.0, 121.0]), [Side::Sell]);
    assert_eq!(wishes(&[100.0, 101.0].repeat(5)), []);
    assert_eq!(wishes(&[120.0]), [Side::Sell]);
}

#[test]
fn a_price_that_never_moves_gives_no_signal() {
    let (mut crossover, mut reversion) = (Crossover::new(), Reversion::new());
    for _ in 0..100 {
        assert_eq!(crossover.on_price(10.0), None);
        assert_eq!(reversion.on_price(10.0), None);
    }
}

#[test]
fn a_split_gives_no_signal() {
    let bars = embedded();
    let split = bars.all.iter().position(|bar| bar.split == 2).unwrap();
    let found = signals(&bars);
    let that_day = found
        .iter()
        .filter(|signal| signal.at == split as u64)
        .count();
    assert!(
        that_day < 2,
        "AAPL halved its price and both strategies moved"
    );
    let before = &bars.all[..split]
        .iter()
        .rev()
        .find(|bar| bar.symbol == bars.all[split].symbol)
        .unwrap();
    assert!((bars.all[split].adjusted / before.adjusted - 1.0).abs() < 0.15);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn what_comes_later_changes_no_earlier_signal(cut in 1..12_154_usize) {
        let bars = embedded();
        let head = Bars { all: bars.all[..cut].to_vec(), ..bars.clone() };
        let (all, early) = (signals(&bars), signals(&head));
        prop_assert_eq!(&all[..early.len()], &early[..]);
        prop_assert!(all[early.len()..].iter().all(|signal| signal.at >= cut as u64));
    }
}
