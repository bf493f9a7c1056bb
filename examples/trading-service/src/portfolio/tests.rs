use proptest::prelude::*;

use super::*;

fn bar(close: i64, split: u32) -> Bar {
    Bar {
        symbol: 0,
        date: "2000-03-01".parse().unwrap(),
        close,
        adjusted: 1.0,
        split,
    }
}

fn trade(side: Side, quantity: u32, price: i64) -> Trade {
    Trade {
        symbol: 0,
        side,
        quantity,
        price,
    }
}

#[test]
fn a_split_changes_the_shares_and_not_the_equity() {
    let mut portfolio = Portfolio::new(100_000, 1);
    portfolio.mark(&bar(1_000, 1));
    portfolio.fill(&trade(Side::Buy, 10, 1_000));
    assert_eq!(portfolio.equity(), 100_000);
    portfolio.mark(&bar(500, 2));
    assert_eq!(
        (portfolio.shares(), portfolio.equity()),
        (vec![20], 100_000)
    );
}

#[test]
fn what_is_set_aside_is_not_free_until_it_is_released() {
    let mut portfolio = Portfolio::new(100_000, 1);
    portfolio.fill(&trade(Side::Buy, 10, 1_000));
    let (buy, sell) = (trade(Side::Buy, 5, 2_000), trade(Side::Sell, 4, 2_000));
    portfolio.reserve(&buy);
    portfolio.reserve(&sell);
    assert_eq!(
        (
            portfolio.free_cash(),
            portfolio.free_shares(0),
            portfolio.exposure(0)
        ),
        (80_000, 6, 15)
    );
    portfolio.release(&buy);
    portfolio.release(&sell);
    assert_eq!(
        (
            portfolio.free_cash(),
            portfolio.free_shares(0),
            portfolio.exposure(0)
        ),
        (90_000, 10, 10)
    );
}

#[test]
fn a_sale_realizes_what_it_brings_over_the_mean_price_also_after_a_split() {
    let mut portfolio = Portfolio::new(100_000, 1);
    portfolio.fill(&trade(Side::Buy, 10, 1_000));
    portfolio.fill(&trade(Side::Buy, 10, 2_000));
    let loss = portfolio.fill(&trade(Side::Sell, 5, 1_400));
    assert_eq!(loss, Some(-500));
    portfolio.mark(&bar(800, 2));
    assert_eq!(portfolio.unrealized(), 30 * 800 - 15 * 1_500);
    let profit = portfolio.fill(&trade(Side::Sell, 30, 800));
    assert_eq!((profit, portfolio.unrealized()), (Some(1_500), 0));
}

proptest! {
    #[test]
    fn fills_at_the_marked_price_never_change_the_equity_and_all_that_was_won_is_realized_or_not(trades in proptest::collection::vec((any::<bool>(), 1..1_000_u32, 1..100_000_i64), 0..50)) {
        let mut portfolio = Portfolio::new(1_000_000_000, 1);
        let mut realized = 0;
        for (buys, quantity, price) in trades {
            portfolio.mark(&bar(price, 1));
            let before = portfolio.equity();
            let side = if buys { Side::Buy } else { Side::Sell };
            let pnl = portfolio.fill(&trade(side, quantity, price));
            prop_assert_eq!(pnl.is_none(), buys);
            realized += pnl.unwrap_or(0);
            prop_assert_eq!(portfolio.equity(), before);
            prop_assert_eq!(realized + portfolio.unrealized(), before - 1_000_000_000);
        }
    }
}
