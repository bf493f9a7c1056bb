//! Mail, by SMTP.

use std::time::Duration;

use lettre::address::Envelope;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    Certificate, CertificateStore, Identity, Tls, TlsParameters, TlsVersion,
};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use tokio::time::timeout;

use super::held::Held;
use super::report::{Done, Fault, line};
use super::secret::exposed;
use super::{Shared, Wall};
use crate::channel::answer::Failure;
use crate::channel::config::{Email, TlsVersion as Version};
use crate::channel::email::message::{Letter, Texts};
use crate::channel::encoding::base64;
use crate::channel::key::idempotency_key;
use crate::channel::redact::Redaction;
use crate::notify::Batch;

type Transport = AsyncSmtpTransport<Tokio1Executor>;

pub(super) struct Mail {
    config: Email,
    tls: Tls,
    port: u16,
    texts: Texts,
    external_url: String,
    wall: Wall,
    held: Held,
}

impl Mail {
    pub(super) fn new(config: &Email, shared: &Shared) -> Result<Self, String> {
        if config.auth_secret.is_some() || !config.auth_identity.is_empty() {
            return Err(
                "we log in by `PLAIN` and `LOGIN`, without `auth_secret` and `auth_identity`"
                    .to_owned(),
            );
        }
        let port = port(&config.smarthost.port)?;
        Ok(Self {
            tls: tls(config, port)?,
            port,
            texts: Texts::new(config)?,
            config: config.clone(),
            external_url: shared.external_url.clone(),
            wall: shared.wall.clone(),
            held: Held::default(),
        })
    }

    /// Sends one mail to each who has none yet. Where some have it and others never will, it is sent, and says so.
    pub(super) async fn send(&self, batch: &Batch, limit: Duration) -> Result<Done, Fault> {
        let (transport, redaction) = self.transport(limit).await?;
        let key = idempotency_key(batch);
        let letter = self.texts.filled(batch, &self.external_url, &key);
        let letter = letter.map_err(|error| Fault::refused(Failure::Client, error))?;
        let (mut sent, mut again, mut refused) = (false, None, None);
        for to in &letter.to {
            if self.held.has(&key, &to.email) {
                sent = true;
                continue;
            }
            match self.mail(&transport, &letter, to, limit).await {
                Ok(()) => {
                    sent = true;
                    self.held.add(&key, &to.email);
                }
                Err(fault) => {
                    let said = line(&redaction.text(&fault.said));
                    let kept = match fault.again {
                        Some(_) => &mut again,
                        None => &mut refused,
                    };
                    *kept = Some(Fault { said, ..fault });
                }
            }
        }
        if let Some(fault) = again {
            return Err(fault);
        }
        self.held.forget(&key);
        match refused {
            Some(fault) if !sent => Err(fault),
            refused => Ok(Done {
                noted: refused.map(|it| it.said).or(letter.noted),
            }),
        }
    }

    async fn mail(
        &self,
        transport: &Transport,
        letter: &Letter,
        to: &Mailbox,
        limit: Duration,
    ) -> Result<(), Fault> {
        let message = letter.message(to, self.wall.now());
        let message = message.map_err(|error| Fault::refused(Failure::Client, error))?;
        let envelope = Envelope::new(Some(letter.from.email.clone()), vec![to.email.clone()]);
        let envelope =
            envelope.map_err(|error| Fault::refused(Failure::Client, error.to_string()))?;
        match timeout(limit, transport.send_raw(&envelope, &message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(fault(&error, to)),
            Err(_) => Err(Fault::late(limit)),
        }
    }

    async fn transport(&self, limit: Duration) -> Result<(Transport, Redaction), Fault> {
        let mut redaction = Redaction::default();
        let mut transport = Transport::builder_dangerous(&self.config.smarthost.host)
            .port(self.port)
            .tls(self.tls.clone())
            .hello_name(ClientId::Domain(self.config.hello.clone()))
            .timeout(Some(limit));
        if let Some(password) = &self.config.auth_password {
            let password = exposed(password).await?;
            redaction.add(&password);
            let name = self.config.auth_username.clone();
            // As it goes over the wire.
            redaction.add(&base64(format!("\0{name}\0{password}").as_bytes()));
            transport = transport
                .credentials(Credentials::new(name, password))
                .authentication(vec![Mechanism::Plain, Mechanism::Login]);
        }
        Ok((transport.build(), redaction))
    }
}

/// 4yz, and whatever happens to a connection, may be well later; 5yz never is.
fn fault(error: &lettre::transport::smtp::Error, to: &Mailbox) -> Fault {
    let said = format!("{}: {error}", to.email);
    let code = error.status().map(u16::from);
    match code {
        Some(534 | 535 | 538) => Fault::refused(Failure::Auth, said),
        _ if error.is_permanent() => Fault::refused(Failure::Client, said),
        _ if error.is_transient() => Fault::again(Failure::Server, said),
        _ => Fault::again(Failure::Other, said),
    }
}

fn port(text: &str) -> Result<u16, String> {
    match text {
        "smtp" => Ok(25),
        "submission" => Ok(587),
        "smtps" | "submissions" => Ok(465),
        _ => text.parse().map_err(|_| format!("`{text}` is no port")),
    }
}

/// From the start on port 465; else by `STARTTLS`, without which nothing is sent. In clear only where the config says so,
/// and nobody logs in.
fn tls(config: &Email, port: u16) -> Result<Tls, String> {
    let clear = !config.require_tls && config.auth_password.is_none();
    if clear && port != 465 {
        return Ok(Tls::None);
    }
    let given = &config.tls;
    let name = given.server_name.as_ref().unwrap_or(&config.smarthost.host);
    let mut tls = TlsParameters::builder(name.clone())
        .dangerous_accept_invalid_certs(given.insecure_skip_verify);
    if given.min_version == Some(Version::Tls13) {
        tls = tls.set_min_tls_version(TlsVersion::Tlsv13);
    }
    if let Some(path) = &given.ca_file {
        tls = tls.certificate_store(CertificateStore::None);
        for certificate in super::tls::certificates(path)? {
            let certificate = Certificate::from_der(certificate.to_vec());
            tls = tls.add_root_certificate(certificate.map_err(|error| error.to_string())?);
        }
    }
    if let (Some((chain, _)), Some(key)) = (super::tls::identity(given)?, &given.key_file) {
        let key = std::fs::read(key).map_err(|error| error.to_string())?;
        // It takes the one for what it is, and no PEM, and no others that lead to a root.
        let identity = Identity::from_pem(&chain[0], &key);
        tls = tls.identify_with(identity.map_err(|error| error.to_string())?);
    }
    let tls = tls.build().map_err(|error| error.to_string())?;
    Ok(if port == 465 {
        Tls::Wrapper(tls)
    } else {
        Tls::Required(tls)
    })
}
