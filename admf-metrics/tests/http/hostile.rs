//! The server over a real socket, and clients who mean no good. The clock is tokio's, paused: it moves on
//! as soon as everybody waits.

use std::net::SocketAddr;
use std::time::Duration;

use admf_metrics::Health;
use admf_metrics::http::{ServerConfig, Token, serve};
use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::{TOKEN, exporter, routes};

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    tasks: JoinSet<()>,
}

async fn running(routes: Router, config: ServerConfig) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let mut tasks = JoinSet::new();
    tasks.spawn(serve(listener, routes, config, async {
        drop(stopped.await);
    }));
    Running {
        address,
        stop,
        tasks,
    }
}

async fn started(config: ServerConfig) -> Running {
    let token = Token::new(TOKEN).unwrap();
    running(
        routes(&exporter(), &Health::new()).token(token).router(),
        config,
    )
    .await
}

/// Sends bytes, and reads until the server closes; what is left unsent is the client's bad luck.
async fn send(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> &str {
    answer.get(..12).unwrap_or(answer)
}

async fn is_alive(address: SocketAddr) -> bool {
    let question = b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    send(address, question)
        .await
        .ends_with(r#"{"status":"ok"}"#)
}

#[tokio::test]
async fn requests_that_are_none_are_refused_and_the_next_client_is_served() {
    let server = started(ServerConfig::default()).await;
    let close = "Host: a\r\nConnection: close\r\n\r\n";
    let long = "x".repeat(20_000);
    let many = "X: y\r\n".repeat(500);
    for (question, expected) in [
        (
            format!("GET /metrics HTTP/1.1\r\nX: {long}\r\n{close}"),
            &["431"][..],
        ),
        (format!("GET /{long} HTTP/1.1\r\n{close}"), &["414", "431"]),
        (format!("GET /health HTTP/1.1\r\n{many}{close}"), &["431"]),
        ("\0\u{1}\u{2}\r\n\r\n".to_owned(), &["400"]),
        ("GET /health HTTP/9.9\r\n\r\n".to_owned(), &["400"]),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), &["400", ""]),
        (
            format!("GET /health HTTP/1.1\r\nContent-Length: -1\r\n{close}"),
            &["400"],
        ),
        (
            format!(
                "GET /health HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n{close}"
            ),
            &["200", "400"],
        ),
        (
            format!("POST /metrics HTTP/1.1\r\nContent-Length: 999999999999\r\n{close}"),
            &["401", "405"],
        ),
        (
            format!(
                "GET /metrics HTTP/1.1\r\nAccept-Encoding: ;;q=,\u{7f}{}\r\nAuthorization: Bearer {TOKEN}\r\n{close}",
                ",gzip;q=9".repeat(500)
            ),
            &["200", "400"],
        ),
        (
            format!("GET /metrics HTTP/1.1\r\nAuthorization: Bearer \u{e4}{TOKEN}\r\n{close}"),
            &["401"],
        ),
        (
            format!("GET http://evil/metrics HTTP/1.1\r\n{close}"),
            &["401"],
        ),
        (format!("CONNECT evil:443 HTTP/1.1\r\n{close}"), &["404"]),
        (format!("OPTIONS * HTTP/1.1\r\n{close}"), &["404"]),
        (format!("GET //metrics HTTP/1.1\r\n{close}"), &["404"]),
        ("GET /ready HTTP/1.0\r\n\r\n".to_owned(), &["503"]),
        (
            // It would send its body if it were asked to go on.
            "PUT /health HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"
                .to_owned(),
            &["405"],
        ),
    ] {
        let answer = send(server.address, question.as_bytes()).await;
        let code = answer.get(9..12).unwrap_or_default();
        let shown: String = question.chars().take(60).collect();
        assert!(expected.contains(&code), "{shown:?}: {answer:?}");
        assert!(is_alive(server.address).await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_ends_its_header_is_let_go_after_the_time_for_it() {
    let mut config = ServerConfig::default();
    config.header_timeout = Duration::from_secs(10);
    let server = started(config).await;
    let began = Instant::now();
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    let mut dripping = TcpStream::connect(server.address).await.unwrap();
    let mut answer = Vec::new();
    let drip = async {
        for byte in b"GET /health HTTP/1.1\r\nX-Drip: "
            .iter()
            .chain([b'x'; 1000].iter())
        {
            if dripping.write_all(&[*byte]).await.is_err() {
                break;
            }
            sleep(Duration::from_secs(1)).await;
            if began.elapsed() > Duration::from_secs(900) {
                panic!("it may drip for ever");
            }
        }
    };
    let _ = silent.read_to_end(&mut answer).await;
    assert!(answer.is_empty(), "{answer:?}");
    assert_eq!(began.elapsed().as_secs(), 10);
    drip.await;
    assert!(is_alive(server.address).await);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_sends_the_body_it_announced_is_answered_and_let_go() {
    let server = started(ServerConfig::default()).await;
    for question in ["POST /metrics", "GET /health"] {
        let began = Instant::now();
        let head = format!("{question} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
        let answer = send(server.address, head.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 "), "{answer:?}");
        assert!(began.elapsed() <= Duration::from_secs(30), "{question}");
    }
}

#[tokio::test]
async fn questions_without_end_on_one_connection_are_answered_in_their_order() {
    let server = started(ServerConfig::default()).await;
    let guess = format!(
        "GET /metrics HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n\r\n",
        &TOKEN[1..]
    );
    let last = "GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let answer = send(server.address, (guess.repeat(500) + last).as_bytes()).await;
    assert_eq!(answer.matches("HTTP/1.1 401 ").count(), 500);
    assert!(answer.ends_with(r#"{"status":"ok"}"#));
}

#[tokio::test(start_paused = true)]
async fn connections_beyond_the_bound_wait_for_a_place_and_then_are_served() {
    let mut config = ServerConfig::default();
    config.connections = 2;
    let server = started(config).await;
    let idle = [
        TcpStream::connect(server.address).await.unwrap(),
        TcpStream::connect(server.address).await.unwrap(),
    ];
    // Both places are taken by clients who say nothing; the third is served once they are let go.
    let began = Instant::now();
    assert!(is_alive(server.address).await);
    assert!(
        began.elapsed() >= Duration::from_secs(30),
        "{:?}",
        began.elapsed()
    );
    drop(idle);
}

#[tokio::test(start_paused = true)]
async fn a_connection_takes_no_request_any_more_after_its_time() {
    let mut config = ServerConfig::default();
    config.connection_for = Duration::from_secs(60);
    let server = started(config).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let began = Instant::now();
    let mut closed = false;
    for _ in 0..20 {
        let asked = stream
            .write_all(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
            .await;
        let mut answer = [0; 1000];
        closed = asked.is_err() || !matches!(stream.read(&mut answer).await, Ok(1..));
        if closed {
            break;
        }
        sleep(Duration::from_secs(10)).await;
    }
    assert!(
        closed && began.elapsed() >= Duration::from_secs(50),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn a_stop_lets_the_answer_under_way_come_to_its_end_and_takes_no_connection_any_more() {
    let (entered, mut enters) = tokio::sync::mpsc::unbounded_channel();
    let gate = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
    let waits = std::sync::Arc::clone(&gate);
    let slow = async move |ConnectInfo(peer): ConnectInfo<SocketAddr>| {
        entered.send(peer).unwrap();
        waits.acquire().await.unwrap().forget();
        "done"
    };
    let mut server = running(
        Router::new().route("/slow", get(slow)),
        ServerConfig::default(),
    )
    .await;
    let question = b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n";
    let (address, mut clients) = (server.address, JoinSet::new());
    clients.spawn(async move { send(address, question).await });
    assert!(enters.recv().await.unwrap().ip().is_loopback());
    server.stop.send(()).unwrap();
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    gate.add_permits(1);
    let answer = clients.join_next().await.unwrap().unwrap();
    assert_eq!(status(&answer), "HTTP/1.1 200");
    assert!(answer.ends_with("done"), "{answer}");
    server.tasks.join_next().await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_stop_does_not_wait_for_ever_for_an_answer_that_does_not_come() {
    let (entered, mut enters) = tokio::sync::mpsc::unbounded_channel();
    let never = async move || {
        entered.send(()).unwrap();
        std::future::pending::<()>().await;
    };
    let mut config = ServerConfig::default();
    config.connection_for = Duration::from_secs(1_000_000);
    let mut server = running(Router::new().route("/never", get(never)), config).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream
        .write_all(b"GET /never HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .unwrap();
    enters.recv().await.unwrap();
    let began = Instant::now();
    server.stop.send(()).unwrap();
    server.tasks.join_next().await.unwrap().unwrap();
    assert_eq!(began.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_asks_and_does_not_read_is_let_go_after_the_time_for_it() {
    let large = Router::new().route("/large", get(|| async { vec![b'x'; 100_000_000] }));
    let mut config = ServerConfig::default();
    config.connections = 1;
    config.write_timeout = Duration::from_secs(20);
    let server = running(
        large.route("/health", get(|| async { r#"{"status":"ok"}"# })),
        config,
    )
    .await;
    let mut greedy = TcpStream::connect(server.address).await.unwrap();
    let question = b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n";
    greedy.write_all(question).await.unwrap();
    let began = Instant::now();
    assert!(is_alive(server.address).await, "its place is free again");
    let waited = began.elapsed().as_secs();
    assert!((20..600).contains(&waited), "{waited}");
    drop(greedy);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_its_answer_in_drips_is_let_go_after_the_time_for_it() {
    let large = get(|| async { vec![b'x'; 100_000_000] });
    let health = get(|| async { r#"{"status":"ok"}"# });
    let mut config = ServerConfig::default();
    config.connections = 1;
    config.write_timeout = Duration::from_secs(20);
    let routes = Router::new()
        .route("/large", large)
        .route("/health", health);
    let server = running(routes, config).await;
    let mut dripping = TcpStream::connect(server.address).await.unwrap();
    let question = b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n";
    dripping.write_all(question).await.unwrap();
    let mut clients = JoinSet::new();
    clients.spawn(async move {
        let (mut taken, mut drip) = (0, vec![0; 256 * 1024]);
        while let Ok(some @ 1..) = dripping.read(&mut drip).await {
            taken += some;
            sleep(Duration::from_secs(1)).await;
        }
        taken
    });
    let began = Instant::now();
    assert!(is_alive(server.address).await, "its place is free again");
    let waited = began.elapsed().as_secs();
    assert!((20..60).contains(&waited), "{waited}");
    // It went on taking all the time.
    let taken = clients.join_next().await.unwrap().unwrap();
    assert!((1_000_000..100_000_000).contains(&taken), "{taken}");
}

#[tokio::test(start_paused = true)]
async fn who_keeps_asking_gives_his_place_back_with_his_answer_where_all_are_taken() {
    let mut config = ServerConfig::default();
    config.connections = 2;
    let server = started(config).await;
    let asked = async |stream: &mut TcpStream| {
        let question = b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n";
        stream.write_all(question).await.unwrap();
        let mut answer = [0; 1000];
        let read = stream.read(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer[..read]).into_owned()
    };
    let mut first = TcpStream::connect(server.address).await.unwrap();
    for _ in 0..3 {
        let answer = asked(&mut first).await;
        assert!(!answer.contains("connection: close"), "{answer}");
    }
    let mut second = TcpStream::connect(server.address).await.unwrap();
    assert!(asked(&mut second).await.contains("connection: close"));
    assert_eq!(second.read(&mut [0]).await.unwrap(), 0, "it is closed");
    let began = Instant::now();
    assert!(is_alive(server.address).await);
    assert!(began.elapsed() < Duration::from_secs(30));
    // The place that is free again lets the first one go on.
    let answer = asked(&mut first).await;
    assert!(!answer.contains("connection: close"), "{answer}");
}

#[tokio::test]
async fn no_number_that_bounds_the_server_makes_it_fail() {
    let mut most = ServerConfig::default();
    most.connections = usize::MAX;
    most.header_timeout = Duration::MAX;
    most.write_timeout = Duration::MAX;
    most.connection_for = Duration::MAX;
    most.drain = Duration::MAX;
    most.header_bytes = 1 << 30;
    let mut least = ServerConfig::default();
    least.connections = 0;
    least.write_timeout = Duration::ZERO;
    least.drain = Duration::ZERO;
    least.header_bytes = 0;
    for config in [most, least] {
        let mut server = started(config).await;
        for _ in 0..3 {
            assert!(is_alive(server.address).await);
        }
        server.stop.send(()).unwrap();
        server.tasks.join_next().await.unwrap().unwrap();
    }
}
