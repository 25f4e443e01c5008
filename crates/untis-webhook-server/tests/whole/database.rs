use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, process};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

/// Where a daemon keeps what it knows.
pub(crate) struct Database {
    pub(crate) url: String,
    /// What the server logs.
    pub(crate) log: Option<PathBuf>,
    /// What is in the URL and nowhere else.
    pub(crate) password: Option<&'static str>,
}

impl Database {
    pub(crate) fn sqlite(folder: &Path) -> Self {
        let file = folder.join("untis-webhookd.db");
        Self { url: format!("sqlite:{}", file.display()), log: None, password: None }
    }

    /// One of its own in the server that `.ci/postgres` started, which logs every statement with its values.
    pub(crate) async fn postgres() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("whole_{}_{}", process::id(), NUMBER.fetch_add(1, Ordering::SeqCst));
        let server = env::var("UNTIS_WEBHOOK_TESTS_POSTGRES").expect(".ci/postgres runs this");
        let mut connection = PgConnection::connect(&server).await.unwrap();
        for statement in [
            format!("CREATE DATABASE {name}"),
            format!("ALTER DATABASE {name} SET log_statement = 'all'"),
            format!("ALTER DATABASE {name} SET log_parameter_max_length = -1"),
        ] {
            sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
        }
        // The server asks for none on its socket.
        let url = server.replace("://tests@", &format!("://tests:{PASSWORD}@"));
        Self {
            url: url.replace("/postgres?", &format!("/{name}?")),
            log: Some(
                env::var_os("UNTIS_WEBHOOK_TESTS_POSTGRES_LOG").expect(".ci/postgres runs this").into(),
            ),
            password: Some(PASSWORD),
        }
    }
}

const PASSWORD: &str = "the-password-of-the-database";
