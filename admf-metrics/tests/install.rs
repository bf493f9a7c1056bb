//! The global recorder: one per process, so it has a process of its own.

use admf_metrics::{Catalogue, Exporter, InstallError, Metric};

const ORDERS: Metric = Metric::counter("t_orders_total", "Orders.");

#[test]
fn the_first_exporter_that_is_installed_gets_what_the_macros_say() {
    let [first, second] = [(), ()].map(|()| Exporter::local(Catalogue::new([ORDERS]).unwrap()));
    assert_eq!(first.meter().install(), Ok(()));
    assert_eq!(second.meter().install(), Err(InstallError));
    metrics::counter!("t_orders_total").increment(2);
    assert!(first.render().contains("\nt_orders_total 2\n"));
    assert!(!second.render().contains("t_orders_total"));
}
