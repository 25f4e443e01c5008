//! What holds of tables that another version of the library has made.

use untis_webhook_tenants::{ReceiveError, Status, Store, StoreError, Told};

use super::telling::Heard;
use super::{TENANT, created, key, registry, reset};

/// What a later version of the library has changed, this one leaves alone: `change` says so in the tables, and gives the error
/// with which they are opened once more.
pub async fn a_later_version_is_refused<S: Store + 'static>(
    store: S,
    change: impl Future<Output = StoreError>,
) {
    let registry = registry(store).await;
    registry.receive(&created("to be told")).await.unwrap();
    let expected = "expected tables of version 3 at most, found 99: a later version has been here";
    assert_eq!(change.await.to_string(), expected);
    let error = registry.receive(&created("one")).await.unwrap_err();
    assert!(matches!(error, ReceiveError::Store(StoreError::LaterVersion { .. })));
    assert_eq!((error.status().as_u16(), error.to_string()), (503, expected.to_owned()));
    let heard = Heard::default();
    let error = registry.worker(heard.handler()).tell_due().await.unwrap_err();
    assert_eq!(error.to_string(), expected);
    assert!(heard.take().is_empty());
}

pub const LATER: &str = "UPDATE untis_webhook_schema SET version = 99";

/// Tables of version 1 with a tenant that was deactivated, of which the application knows the activation.
pub const EARLIER: &str = "
    CREATE TABLE untis_webhook_schema (version BIGINT NOT NULL);
    INSERT INTO untis_webhook_schema (version) VALUES (1);
    INSERT INTO untis_webhook_tenants
        (environment, tenant_id, status, version, sequence, client_id, ended_sequence, ended_at, is_contested, told,
            acknowledged)
        VALUES ('production', '12345', 'deactivated', 2, 2, 'test-client-id', 2, 0, FALSE, 'deactivated', 1);";

pub async fn is_brought_up_to_date<S: Store + 'static>(store: S) {
    let registry = registry(store).await;
    let heard = Heard::default();
    assert_eq!(registry.worker(heard.handler()).tell_due().await.unwrap(), 1);
    let message = heard.take().remove(0);
    assert_eq!((message.told, message.version, message.previous_version), (Told::Deactivated, 2, 1));
    assert_eq!((message.attempt, message.is_refused), (1, false));
    assert!(registry.store().tenant(key(TENANT)).await.unwrap().unwrap().probe_at.is_some());
    registry.receive(&reset("one")).await.unwrap();
    assert_eq!(registry.get(TENANT).await.unwrap().unwrap().status, Status::Active);
}
