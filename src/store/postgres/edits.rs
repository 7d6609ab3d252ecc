//! What other programs edited in the tables of a city.

use deadpool_postgres::Object;

use crate::store::postgres::Postgres;
use crate::store::postgres::connect::{AT_THE_ATLAS, connection};
use crate::store::postgres::rows::fault;
use crate::store::promise::StoreError;
use crate::store::sql::Dialect;
use crate::store::statement::Row;
use crate::store::{history, plans};

impl Postgres {
    pub(in crate::store) async fn notice_foreign_edits(&self) -> Result<bool, StoreError> {
        if self.read(history::EDITED, &[], |row| row.int(0)).await?.is_empty() {
            return Ok(false);
        }
        let pool = self.pool.clone();
        // A task of its own: a caller who goes away leaves no open transaction behind.
        let counting = tokio::spawn(async move {
            let client = connection(&pool).await?;
            let counted = count_up(&client).await;
            if counted.is_err() && client.batch_execute("rollback").await.is_err() {
                drop(Object::take(client));
            }
            counted.map_err(|error| fault(&error))
        });
        counting.await.map_err(|error| StoreError::Unavailable(error.to_string()))?
    }
}

/// Every atlas is another one now, and what was edited is kept as such. `false` when another process was faster:
/// it holds the marks until they are gone. Who edits just now makes another mark, which stays.
async fn count_up(client: &Object) -> Result<bool, tokio_postgres::Error> {
    client.batch_execute("begin").await?;
    client.batch_execute(AT_THE_ATLAS).await?;
    if client.execute(history::NOTICED, &[]).await? == 0 {
        client.batch_execute("rollback").await?;
        return Ok(false);
    }
    client.batch_execute(history::COUNTED_UP).await?;
    client.batch_execute(&plans::begun_by_foreign_edits(Dialect::Postgres)).await?;
    for text in history::after_foreign_edits(Dialect::Postgres) {
        client.batch_execute(&text).await?;
    }
    client.batch_execute("commit").await?;
    Ok(true)
}
