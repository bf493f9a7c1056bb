//! Whom a channel believes.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme, version};

use crate::channel::config::{Tls, TlsVersion};

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// Sets up what the requests of a channel go over.
pub(super) fn client(tls: &Tls) -> Result<ClientConfig, String> {
    let provider = Arc::new(ring::default_provider());
    let versions: &[_] = match tls.min_version {
        Some(TlsVersion::Tls13) => &[&version::TLS13],
        _ => &[&version::TLS13, &version::TLS12],
    };
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let config = config
        .with_protocol_versions(versions)
        .map_err(|error| error.to_string())?;
    let config = config
        .dangerous()
        .with_custom_certificate_verifier(verifier(tls, provider)?);
    match identity(tls)? {
        None => Ok(config.with_no_client_auth()),
        Some((chain, key)) => {
            let identity = config.with_client_auth_cert(chain, key);
            identity.map_err(|error| error.to_string())
        }
    }
}

/// Our certificates, ours first, and its key; `None` where the config names none.
pub(super) fn identity(tls: &Tls) -> Result<Option<Identity>, String> {
    match (&tls.cert_file, &tls.key_file) {
        (None, None) => Ok(None),
        (Some(cert), Some(key)) => {
            let read = PrivateKeyDer::from_pem_file(key);
            let read = read.map_err(|error| format!("`key_file` {}: {error}", key.display()))?;
            Ok(Some((certificates(cert)?, read)))
        }
        _ => Err("`cert_file` and `key_file` go together".to_owned()),
    }
}

/// The certificates in a file, at least one.
pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let refused = |why: String| format!("certificates in {}: {why}", path.display());
    let all = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    let all: Vec<_> = all.map_err(|error| refused(error.to_string()))?;
    match all.is_empty() {
        true => Err(refused("there are none".to_owned())),
        false => Ok(all),
    }
}

fn verifier(tls: &Tls, provider: Arc<CryptoProvider>) -> Result<Arc<Believes>, String> {
    let name = tls.server_name.clone().map(ServerName::try_from);
    let name = name.transpose().map_err(|_| "`server_name` is no name")?;
    let chain = match tls.insecure_skip_verify {
        true => None,
        false => {
            let roots = Arc::new(roots(tls)?);
            let chain = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider));
            Some(chain.build().map_err(|error| error.to_string())?)
        }
    };
    Ok(Arc::new(Believes {
        chain,
        name,
        provider,
    }))
}

/// The roots of the file, or else those of the machine.
fn roots(tls: &Tls) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    match &tls.ca_file {
        Some(path) => {
            for certificate in certificates(path)? {
                roots.add(certificate).map_err(|error| error.to_string())?;
            }
        }
        None => {
            let found = rustls_native_certs::load_native_certs();
            roots.add_parsable_certificates(found.certs);
        }
    }
    match roots.is_empty() {
        true => Err(
            "there are no certificates to believe: install them, or name a `ca_file`".to_owned(),
        ),
        false => Ok(roots),
    }
}

/// Believes who has a certificate of the roots, by the name of the address or another one; or everybody.
#[derive(Debug)]
struct Believes {
    chain: Option<Arc<WebPkiServerVerifier>>,
    name: Option<ServerName<'static>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Believes {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(chain) = &self.chain else {
            return Ok(ServerCertVerified::assertion());
        };
        let name = self.name.as_ref().unwrap_or(server_name);
        chain.verify_server_cert(end_entity, intermediates, name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
