//! The handler that is told, and the application's own tables: in the registry's database, which is one file to back up
//! then. They could as well be elsewhere.

use sqlx::sqlite::Sqlite;
use sqlx::{Executor, Pool};
use tokio::sync::mpsc;
use untis_webhook_tenants::{Failed, Handler, Message, Status};

/// The schools as the application knows them. No credentials: those are the registry's.
#[derive(Clone, Debug)]
pub(crate) struct Schools {
    pool: Pool<Sqlite>,
    activated: mpsc::Sender<String>,
}

impl Schools {
    /// The tables, which are made if they are not there, and the ids of schools as they become active or change.
    pub(crate) async fn open(pool: Pool<Sqlite>) -> Result<(Self, mpsc::Receiver<String>), sqlx::Error> {
        pool.execute(TABLES).await?;
        let (activated, receiver) = mpsc::channel(WAITING);
        Ok((Self { pool, activated }, receiver))
    }

    /// Keeps what was fetched for a school, and says so; unless it is at another version by now, so that nothing comes
    /// back that was erased. If it is still active then, it is in the queue again.
    pub(crate) async fn keep_fetched(&self, tenant_id: &str, version: u64) -> Result<bool, sqlx::Error> {
        let keep = sqlx::query(KEEP_FETCHED).bind(tenant_id).bind(stored(version));
        let kept = keep.bind(Status::Active.as_str()).execute(&self.pool).await?;
        Ok(kept.rows_affected() == 1)
    }
}

impl Handler for Schools {
    /// The same message can come twice, and one that is late after a newer one: the table's version decides.
    async fn handle(&self, message: Message) -> Result<(), Failed> {
        let Message { tenant_id, status, version, .. } = &message;
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let save = sqlx::query(SAVE).bind(tenant_id).bind(status.as_str()).bind(stored(*version));
        if save.execute(&mut *transaction).await?.rows_affected() == 0 {
            return Ok(());
        }
        // A school that was deleted and has come back in the meantime is active now, and a new one all the same.
        if message.deleted_since {
            sqlx::query(ERASE).bind(tenant_id).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;

        if message.is_contested {
            tracing::warn!(tenant = tenant_id, "somebody has to decide about credentials");
        }
        if *status == Status::Active && self.activated.try_send(message.tenant_id).is_err() {
            tracing::debug!(
                "the queue of the job is full, or there is no job: the next round has the school"
            );
        }
        Ok(())
    }
}

/// SQLite's integers have a sign.
fn stored(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

/// `fetched` stands for whatever an application keeps that belongs to a school.
const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS schools (
        tenant_id TEXT PRIMARY KEY NOT NULL, status TEXT NOT NULL, version INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS fetched (
        tenant_id TEXT PRIMARY KEY NOT NULL, times INTEGER NOT NULL, last_at INTEGER NOT NULL
    ) STRICT;
";

const SAVE: &str = "
    INSERT INTO schools (tenant_id, status, version) VALUES ($1, $2, $3)
    ON CONFLICT (tenant_id) DO UPDATE SET status = excluded.status, version = excluded.version
    WHERE schools.version < excluded.version
";

const ERASE: &str = "DELETE FROM fetched WHERE tenant_id = $1";

const KEEP_FETCHED: &str = "
    INSERT INTO fetched (tenant_id, times, last_at)
    SELECT tenant_id, 1, unixepoch() FROM schools WHERE tenant_id = $1 AND version = $2 AND status = $3
    ON CONFLICT (tenant_id) DO UPDATE SET times = times + 1, last_at = excluded.last_at
";

/// Schools that wait for the job.
const WAITING: usize = 256;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops where it is surprised")]
mod tests {
    use untis_webhook_tenants::Told;
    use untis_webhook_tenants_sqlx::SqliteStore;

    use super::*;

    async fn with_schools(test: impl AsyncFnOnce(Schools, mpsc::Receiver<String>)) {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path().join("app.db")).await.unwrap();
        let (schools, activated) = Schools::open(store.pool().clone()).await.unwrap();
        schools.handle(message(Status::Active, 1)).await.unwrap();
        assert!(schools.keep_fetched("12345", 1).await.unwrap());
        test(schools, activated).await;
    }

    fn message(status: Status, version: u64) -> Message {
        let mut message = Message::new("12345", Told::Updated, status, version);
        message.deleted_since = status == Status::Deleted;
        message
    }

    #[tokio::test]
    async fn a_message_that_comes_late_or_twice_changes_nothing() {
        with_schools(async |schools, mut activated| {
            assert_eq!(activated.recv().await.as_deref(), Some("12345"));
            schools.handle(message(Status::Deactivated, 3)).await.unwrap();
            for late in [(Status::Deleted, 2), (Status::Active, 2), (Status::Active, 3)] {
                schools.handle(message(late.0, late.1)).await.unwrap();
            }
            let row = sqlx::query_as::<_, (String, i64)>("SELECT status, version FROM schools");
            assert_eq!(row.fetch_all(&schools.pool).await.unwrap(), [("deactivated".to_owned(), 3)]);
            let kept = sqlx::query_scalar::<_, i64>("SELECT times FROM fetched");
            assert_eq!(kept.fetch_all(&schools.pool).await.unwrap(), [1]);
            assert!(activated.try_recv().is_err());
        })
        .await;
    }

    #[tokio::test]
    async fn what_was_fetched_before_a_school_changed_is_not_kept() {
        with_schools(async |schools, _activated| {
            schools.handle(message(Status::Deleted, 2)).await.unwrap();
            for version in [1, 2] {
                assert!(!schools.keep_fetched("12345", version).await.unwrap());
            }
            schools.handle(message(Status::Active, 3)).await.unwrap();
            assert!(!schools.keep_fetched("12345", 1).await.unwrap());
            assert!(schools.keep_fetched("12345", 3).await.unwrap());
        })
        .await;
    }
}
