use proptest::prelude::*;

use super::*;
use crate::broker::Side;

fn told(id: &str, venue: &str, status: Status) -> Execution {
    Execution {
        client_id: id.to_owned(),
        symbol: "AAPL".to_owned(),
        side: Side::Buy,
        quantity: 10,
        price: 1_000,
        status,
        venue: venue.to_owned(),
    }
}

fn filled(id: &str, venue: &str) -> Execution {
    told(id, venue, Status::Filled)
}

fn fill(execution: Execution) -> Fill {
    Fill { at: 0, execution }
}

fn ids(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

#[test]
fn an_execution_the_ledger_does_not_know_is_lost_and_so_is_the_reverse() {
    let ledger = [
        fill(filled("both", "primary")),
        fill(filled("only-ours", "primary")),
    ];
    let books = [
        vec![filled("both", "primary"), filled("only-theirs", "primary")],
        vec![],
    ];
    let found = reconcile(&ledger, &books);
    assert_eq!(
        found,
        Reconciled {
            lost: ids(&["only-ours", "only-theirs"]),
            duplicated: ids(&[])
        }
    );
}

#[test]
fn an_order_filled_at_both_venues_is_duplicated_and_not_lost() {
    let ledger = [fill(filled("twice", "backup"))];
    let books = [
        vec![filled("twice", "primary")],
        vec![filled("twice", "backup")],
    ];
    let found = reconcile(&ledger, &books);
    assert_eq!(
        found,
        Reconciled {
            lost: ids(&[]),
            duplicated: ids(&["twice"])
        }
    );
}

#[test]
fn an_order_filled_twice_and_unknown_to_the_ledger_is_both() {
    let books = [
        vec![filled("twice", "primary")],
        vec![filled("twice", "backup")],
    ];
    let found = reconcile(&[], &books);
    assert_eq!(
        found,
        Reconciled {
            lost: ids(&["twice"]),
            duplicated: ids(&["twice"])
        }
    );
}

#[test]
fn a_cancelled_order_is_neither() {
    let books = [
        vec![told("gone", "primary", Status::Cancelled)],
        vec![filled("there", "backup")],
    ];
    assert_eq!(
        reconcile(&[fill(filled("there", "backup"))], &books),
        Reconciled::default()
    );
}

#[test]
fn a_fill_that_differs_in_quantity_price_or_venue_is_lost() {
    for other in [
        Execution {
            quantity: 9,
            ..filled("order", "primary")
        },
        Execution {
            price: 999,
            ..filled("order", "primary")
        },
        filled("order", "backup"),
    ] {
        let found = reconcile(&[fill(filled("order", "primary"))], &[vec![other]]);
        assert_eq!(found.lost, ids(&["order"]));
    }
}

#[test]
fn a_books_fills_carry_the_time_that_is_in_their_client_id() {
    let books = [vec![
        filled("abc-17-crossover-AAPL", "primary"),
        filled("stray", "primary"),
    ]];
    let fills = fills_of(&books, "abc");
    assert_eq!(fills.iter().map(|fill| fill.at).collect::<Vec<_>>(), [17]);
}

proptest! {
    #[test]
    fn counts_agree_with_a_recount_order_by_order(orders in proptest::collection::vec((any::<bool>(), any::<bool>(), any::<bool>()), 0..40)) {
        let mut books = [vec![], vec![]];
        let mut ledger = vec![];
        let (mut lost, mut duplicated) = (0, 0);
        for (index, (ours, primary, backup)) in orders.into_iter().enumerate() {
            let id = format!("order-{index}");
            if primary { books[0].push(filled(&id, "primary")); }
            if backup { books[1].push(filled(&id, "backup")); }
            // Our side books what the backup said where that was asked last, as the bare client does.
            let venue = if backup { "backup" } else { "primary" };
            if ours { ledger.push(fill(filled(&id, venue))); }
            lost += usize::from(ours != (primary || backup));
            duplicated += usize::from(primary && backup);
        }
        let found = reconcile(&ledger, &books);
        prop_assert_eq!((found.lost.len(), found.duplicated.len()), (lost, duplicated));
    }
}
