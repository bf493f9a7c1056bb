//! Certificates.

use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use tempfile::TempDir;

/// Somebody whom one may believe, with a certificate of his for `localhost`, and one for `client`.
pub(crate) struct Authority {
    folder: TempDir,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key can be made");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("it can be signed");
        let folder = TempDir::new().expect("a folder can be made");
        let write = |name: &str, text: String| {
            std::fs::write(folder.path().join(name), text).expect("it can be written");
        };
        write("ca.pem", issuer.pem());
        for (name, file, key_file) in [
            ("localhost", "cert.pem", "key.pem"),
            ("client", "client.pem", "client-key.pem"),
        ] {
            let mut params = CertificateParams::new(vec![name.to_owned()]).expect("it is a name");
            // Whoever has the name of who signed is held for that one.
            params.distinguished_name.push(DnType::CommonName, name);
            let key = KeyPair::generate().expect("a key can be made");
            let cert = params.signed_by(&key, &issuer).expect("it can be signed");
            write(file, cert.pem());
            write(key_file, key.serialize_pem());
        }
        Self { folder }
    }

    /// A file of it: `ca.pem`, `cert.pem`, `key.pem`, `client.pem`, `client-key.pem`.
    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn certificate(&self, file: &str) -> CertificateDer<'static> {
        CertificateDer::from_pem_file(self.path(file)).expect("it was written")
    }

    /// What a server needs; one that is `mutual` lets nobody in who has no certificate of the authority.
    pub(crate) fn server(
        &self,
        versions: &[&'static SupportedProtocolVersion],
        mutual: bool,
    ) -> Arc<ServerConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let config = config
            .with_protocol_versions(versions)
            .expect("they are spoken");
        let config = match mutual {
            false => config.with_no_client_auth(),
            true => {
                let mut roots = RootCertStore::empty();
                roots
                    .add(self.certificate("ca.pem"))
                    .expect("it is an authority");
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                config.with_client_cert_verifier(verifier.build().expect("it has a root"))
            }
        };
        let key = PrivateKeyDer::from_pem_file(self.path("key.pem")).expect("it was written");
        let config = config.with_single_cert(vec![self.certificate("cert.pem")], key);
        Arc::new(config.expect("they go together"))
    }
}
