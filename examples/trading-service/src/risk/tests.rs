use proptest::prelude::*;

use super::*;

pub(crate) fn config() -> RiskConfig {
    RiskConfig {
        max_order_size: 1_000_000,
        max_position_size: 10_000_000,
        max_daily_loss: 500_000,
        max_drawdown: 0.1,
        pause: 20,
        checks: true,
        enforced: true,
        trading: true,
    }
}

const CASH: i64 = 20_000_000;

fn signal(side: Side, notional: i64, price: i64) -> Signal {
    Signal {
        at: 0,
        symbol: 0,
        strategy: "test",
        side,
        notional,
        price,
    }
}

fn buy(risk: &Risk, portfolio: &Portfolio, notional: i64) -> Result<u32, Breach> {
    risk.check(&signal(Side::Buy, notional, 1_000), portfolio)
        .map(|allowed| allowed.trade.quantity)
}

fn holding(shares: u32, price: i64) -> Portfolio {
    let mut portfolio = Portfolio::new(CASH, 1);
    portfolio.fill(&Trade {
        symbol: 0,
        side: Side::Buy,
        quantity: shares,
        price,
    });
    portfolio
}

#[test]
fn an_order_of_exactly_the_largest_size_passes_and_one_share_more_does_not() {
    let (risk, portfolio) = (Risk::new(config(), CASH), Portfolio::new(CASH, 1));
    assert_eq!(buy(&risk, &portfolio, 1_000_000), Ok(1_000));
    assert_eq!(buy(&risk, &portfolio, 1_001_000), Err(Breach::OrderSize));
}

#[test]
fn orders_on_their_way_count_towards_the_position() {
    let (risk, mut portfolio) = (Risk::new(config(), CASH), holding(9_000, 1_000));
    let trade = risk
        .check(&signal(Side::Buy, 1_000_000, 1_000), &portfolio)
        .unwrap()
        .trade;
    portfolio.reserve(&trade);
    assert_eq!(buy(&risk, &portfolio, 1_000), Err(Breach::PositionSize));
    portfolio.release(&trade);
    assert_eq!(buy(&risk, &portfolio, 1_000), Ok(1));
}

#[test]
fn a_sell_takes_at_most_what_is_held_and_nothing_twice() {
    let (risk, mut portfolio) = (Risk::new(config(), CASH), holding(5, 1_000));
    let trade = risk
        .check(&signal(Side::Sell, 600_000, 1_000), &portfolio)
        .unwrap()
        .trade;
    assert_eq!(trade.quantity, 5);
    portfolio.reserve(&trade);
    assert_eq!(
        risk.check(&signal(Side::Sell, 600_000, 1_000), &portfolio),
        Err(Breach::NothingHeld)
    );
}

#[test]
fn after_a_days_loss_nothing_is_bought_that_day_and_selling_goes_on() {
    let (mut risk, portfolio) = (Risk::new(config(), CASH), holding(5, 1_000));
    risk.open_day(CASH - 500_001);
    assert_eq!(buy(&risk, &portfolio, 1_000), Err(Breach::DailyLoss));
    assert!(
        risk.check(&signal(Side::Sell, 1_000, 1_000), &portfolio)
            .is_ok()
    );
    risk.open_day(CASH - 500_001);
    assert_eq!(buy(&risk, &portfolio, 1_000), Ok(1));
}

#[test]
fn a_drawdown_pauses_buying_for_its_days_and_then_counts_anew() {
    let (mut risk, portfolio) = (Risk::new(config(), CASH), Portfolio::new(CASH, 1));
    let low = CASH / 10 * 9;
    risk.open_day(low);
    risk.open_day(low);
    for _ in 2..20 {
        assert_eq!(buy(&risk, &portfolio, 1_000), Err(Breach::Drawdown));
        risk.open_day(low);
    }
    assert_eq!(buy(&risk, &portfolio, 1_000), Err(Breach::Drawdown));
    risk.open_day(low);
    assert_eq!(buy(&risk, &portfolio, 1_000), Ok(1));
    assert!(risk.drawdown().abs() < f64::EPSILON);
}

#[test]
fn cash_on_its_way_out_cannot_be_spent_again() {
    let (risk, mut portfolio) = (Risk::new(config(), 1_500_000), Portfolio::new(1_500_000, 1));
    let trade = risk
        .check(&signal(Side::Buy, 1_000_000, 1_000), &portfolio)
        .unwrap()
        .trade;
    portfolio.reserve(&trade);
    assert_eq!(buy(&risk, &portfolio, 600_000), Err(Breach::Cash));
    assert_eq!(buy(&risk, &portfolio, 500_000), Ok(500));
}

#[test]
fn limits_that_are_not_enforced_are_named_and_let_pass() {
    let risk = Risk::new(
        RiskConfig {
            enforced: false,
            ..config()
        },
        CASH,
    );
    let portfolio = Portfolio::new(CASH, 1);
    assert_eq!(buy(&risk, &portfolio, 1_100_000), Ok(1_100));
    assert_eq!(buy(&risk, &portfolio, 30_000_000), Err(Breach::Cash));
    let allowed = risk.check(&signal(Side::Buy, 1_100_000, 1_000), &portfolio);
    assert_eq!(allowed.unwrap().overlooked, Some(Breach::OrderSize));
}

#[test]
fn without_checks_no_limit_is_looked_at_and_the_account_still_is() {
    let risk = Risk::new(
        RiskConfig {
            checks: false,
            ..config()
        },
        CASH,
    );
    let portfolio = Portfolio::new(CASH, 1);
    assert_eq!(buy(&risk, &portfolio, 1_100_000), Ok(1_100));
    assert_eq!(buy(&risk, &portfolio, 30_000_000), Err(Breach::Cash));
    let allowed = risk.check(&signal(Side::Buy, 1_100_000, 1_000), &portfolio);
    assert_eq!(allowed.unwrap().overlooked, None);
}

#[test]
fn without_trading_everything_is_rejected_for_that_reason() {
    let risk = Risk::new(
        RiskConfig {
            trading: false,
            checks: false,
            ..config()
        },
        CASH,
    );
    assert_eq!(
        buy(&risk, &Portfolio::new(CASH, 1), 1_000),
        Err(Breach::TradingDisabled)
    );
}

proptest! {
    #[test]
    fn what_passes_never_breaks_a_limit(
        steps in proptest::collection::vec((any::<bool>(), 1..2_000_000_i64, 1..3_000_000_i64, any::<bool>()), 1..200),
    ) {
        let (risk, mut portfolio) = (Risk::new(config(), CASH), Portfolio::new(CASH, 1));
        for (buys, notional, price, fills) in steps {
            let side = if buys { Side::Buy } else { Side::Sell };
            let Ok(Allowed { trade, .. }) = risk.check(&signal(side, notional, price), &portfolio) else { continue };
            prop_assert!(trade.quantity > 0 && trade.value() <= 1_000_000);
            portfolio.reserve(&trade);
            prop_assert!(portfolio.free_cash() >= 0 && portfolio.free_shares(0) >= 0);
            if buys {
                prop_assert!(portfolio.exposure(0) * price <= 10_000_000);
            }
            portfolio.release(&trade);
            if fills {
                portfolio.fill(&trade);
            }
        }
    }

    #[test]
    fn no_equity_panics(days in proptest::collection::vec(-1_000_000_000_000..1_000_000_000_000_i64, 0..50)) {
        let mut risk = Risk::new(config(), CASH);
        for equity in days {
            risk.open_day(equity);
            prop_assert!(risk.drawdown() >= 0.0);
        }
    }
}
