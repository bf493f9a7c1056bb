//! A service that is asked by https.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;

use super::{program, run};

struct Secure {
    port: u16,
    asked: Receiver<String>,
    /// Its certificate.
    file: PathBuf,
    _folder: TempDir,
}

impl Secure {
    /// Listens as `localhost`, by a certificate of its own.
    fn start() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]);
        let made = made.expect("it is a name");
        let folder = TempDir::new().expect("a folder can be made");
        let file = folder.path().join("ca.pem");
        std::fs::write(&file, made.cert.pem()).expect("it can be written");
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("they are known")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], PrivateKeyDer::Pkcs8(key))
            .expect("they belong together");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it listens").port();
        let (tell, asked) = channel();
        let config = Arc::new(config);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let connection = ServerConnection::new(Arc::clone(&config));
                let mut stream = StreamOwned::new(connection.expect("it is sound"), stream);
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
                    head.extend(byte);
                }
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n{\"a\":1}");
                let _ = tell.send(String::from_utf8_lossy(&head).into_owned());
            }
        });
        Self {
            port,
            asked,
            file,
            _folder: folder,
        }
    }
}

#[test]
fn a_token_goes_by_https_to_who_has_a_certificate_that_is_believed() {
    let server = Secure::start();
    let url = format!("https://localhost:{}", server.port);
    let ask = |url: &str| {
        let mut command = program();
        command.args(["status", "--url", url]);
        command.env("ADMF_ALERTS_TOKEN", "5b1f0cc8f6c94d6f");
        command
    };
    run(ask(&url).arg("--ca-file").arg(&server.file)).is(0, "a  1\n", "");
    let head = server.asked.recv().expect("it is up");
    assert!(
        head.contains("authorization: Bearer 5b1f0cc8f6c94d6f\r\n"),
        "{head}"
    );

    // Not by another name, and not by the roots of the machine.
    let other = format!("https://127.0.0.1:{}", server.port);
    for ran in [
        run(ask(&other).arg("--ca-file").arg(&server.file)),
        run(&mut ask(&url)),
    ] {
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{ran:?}");
        let said = ran.err.contains("certificate") || ran.err.contains("CA ");
        assert!(said && ran.err.lines().count() == 1, "{ran:?}");
        assert_eq!(
            server.asked.recv().expect("it is up"),
            "",
            "nothing is told"
        );
    }

    let problem = format!("{}: there are no certificates in it", server.file.display());
    std::fs::write(&server.file, "none").expect("it can be written");
    run(ask(&url).arg("--ca-file").arg(&server.file)).is(
        1,
        "",
        &format!("admf-alerts: {problem}\n"),
    );
}
