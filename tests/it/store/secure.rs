//! PostgreSQL by TLS: whom we trust, and what is said of whom we do not.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use zonewarden::store::open::{Migrate, Place, open};

use super::places::{Database, postgres, run};

/// The CA that has signed the certificate of the tests' server, which is for 127.0.0.1.
const CA: &str = "ZONEWARDEN_TEST_POSTGRES_CA";
/// A certificate for `localhost` that signs itself, of another matter.
const STRANGER: &[u8] = include_bytes!("../faces/webhooks/certificate.der");

/// A fresh database on a server that speaks TLS, and the CA that it is known by.
async fn secure() -> Option<(Database, String)> {
    let database = postgres().await?;
    let Ok(ca) = std::env::var(CA) else {
        let required = std::env::var("REQUIRE_POSTGRES_TLS").is_ok_and(|it| it == "1");
        assert!(!required, "REQUIRE_POSTGRES_TLS=1, but {CA} names no file");
        eprintln!("SKIPPED: PostgreSQL by TLS ({CA} is not set)");
        return None;
    };
    Some((database, ca))
}

fn asking(url: &str, query: &str) -> Place {
    Place::Postgres(format!("{url}{}{query}", if url.contains('?') { '&' } else { '?' }))
}

/// What a place is refused with.
async fn refused(url: &str, query: &str) -> String {
    match open(&asking(url, query), Migrate::Apply).await {
        Ok(_) => panic!("`{query}` was let in"),
        Err(error) => error.to_string(),
    }
}

fn strangers_file(folder: &Path) -> String {
    let path = folder.join("stranger.pem");
    let text = BASE64.encode(STRANGER);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let lines = lines.join("\n");
    let pem = format!("-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n");
    std::fs::write(&path, pem).unwrap();
    path.display().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_spoken_to_by_tls_as_far_as_it_is_trusted() {
    let Some((database, ca)) = secure().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let stranger = strangers_file(folder.path());
    let url = database.url();
    for query in [
        "sslmode=disable".to_owned(),
        "sslmode=prefer".to_owned(),
        "sslmode=require".to_owned(),
        format!("sslmode=require&sslrootcert={ca}"),
        format!("sslmode=verify-ca&sslrootcert={ca}"),
        format!("sslmode=verify-full&sslrootcert={ca}"),
        format!("sslrootcert={ca}"),
    ] {
        let store = open(&asking(url, &query), Migrate::Apply).await;
        let store = store.unwrap_or_else(|error| panic!("{query}: {error}"));
        assert!(store.cities().await.unwrap().is_empty(), "{query}");
    }
    for mode in ["require", "verify-ca", "verify-full"] {
        let said = refused(url, &format!("sslmode={mode}&sslrootcert={stranger}")).await;
        assert!(said.contains("has signed the certificate of 127.0.0.1"), "{mode}: {said}");
        assert!(said.contains(&stranger) && said.contains("sslrootcert=PATH"), "{mode}: {said}");
    }
    // The certificate is for the address, not for the name; who asks for no more than the CA comes in.
    let by_name = url.replace("127.0.0.1", "localhost");
    let said = refused(&by_name, &format!("sslmode=verify-full&sslrootcert={ca}")).await;
    assert!(said.contains("not for localhost") && said.contains("127.0.0.1"), "{said}");
    assert!(said.contains("sslmode=verify-ca"), "{said}");
    let by_ca = asking(&by_name, &format!("sslmode=verify-ca&sslrootcert={ca}"));
    assert!(open(&by_ca, Migrate::Apply).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_is_proven_by_tls_and_bound_to_the_certificate() {
    let Some((database, ca)) = secure().await else { return };
    let text = "set password_encryption = 'scram-sha-256'; \
        drop role if exists by_tls; create role by_tls superuser login password 'a+b/c'";
    run(database.url(), text).await;
    let (_, behind) = database.url().split_once('@').unwrap();
    let url = format!("postgres://by_tls:a%2Bb%2Fc@{behind}");
    let said = refused(&url, "connect_timeout=5").await;
    assert!(said.contains("by_tls") && said.contains("sslmode=verify-full"), "{said}");
    // The server refuses a proof that is bound to another certificate.
    let bound = format!("sslmode=verify-full&sslrootcert={ca}&channel_binding=require");
    open(&asking(&url, &bound), Migrate::Apply).await.unwrap();
    let wrong = url.replace("a%2Bb", "x");
    let said = refused(&wrong, "sslmode=require").await;
    assert!(said.contains("password authentication failed"), "{said}");
    run(database.url(), "drop owned by by_tls cascade; drop role by_tls").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wish_that_cannot_be_met_is_refused_before_anybody_is_called() {
    // Nobody listens there.
    let url = "postgres://zonewarden@127.0.0.1:1/city";
    let said = refused(url, "sslmode=always").await;
    assert!(said.contains("sslmode=`always`") && said.contains("verify-full"), "{said}");
    let said = refused(url, "sslrootcert=/nowhere/ca.pem").await;
    assert!(said.contains("sslrootcert=/nowhere/ca.pem") && said.contains("PEM"), "{said}");
}
