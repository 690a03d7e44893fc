//! Mail that is written once and sent often.

use crate::{Row, StoreError, Tx, page, vals};
use mail::{OrganisationKey, TemplateKey};
use serde::{Deserialize, Serialize};

/// A template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Template {
    /// Its key.
    pub id: TemplateKey,
    /// Its name, by which programs choose it.
    pub name: String,
    /// The subject, with places to fill in.
    pub subject: String,
    /// The formatted text.
    pub html: Option<String>,
    /// The plain text.
    pub text: Option<String>,
    /// When it was made.
    #[serde(skip)]
    pub created_at: i64,
}

/// A template about to be made or saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewTemplate {
    /// Its name.
    pub name: String,
    /// The subject.
    pub subject: String,
    /// The formatted text.
    #[serde(default)]
    pub html: Option<String>,
    /// The plain text.
    #[serde(default)]
    pub text: Option<String>,
}

const COLUMNS: &str = "id, name, subject, html, text, created_at";

/// Makes a template. Its name must be new in the organisation.
pub async fn create(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: TemplateKey,
    new: &NewTemplate,
    now: i64,
) -> Result<Template, StoreError> {
    let sql = "INSERT INTO templates (organisation, id, name, subject, html, text, created_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (organisation, name) DO NOTHING";
    let values = vals![organisation, id, &new.name, &new.subject, new.html.as_ref(), new.text.as_ref(), now];
    if tx.execute(sql, &values).await? == 0 {
        return Err(taken(&new.name));
    }
    get(tx, organisation, id).await
}

/// Saves a template.
pub async fn update(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: TemplateKey,
    new: &NewTemplate,
) -> Result<Template, StoreError> {
    if by_name(tx, organisation, &new.name).await?.is_some_and(|other| other.id != id) {
        return Err(taken(&new.name));
    }
    let sql = "UPDATE templates SET name = $3, subject = $4, html = $5, text = $6 WHERE organisation = $1 AND id = $2";
    let values = vals![organisation, id, &new.name, &new.subject, new.html.as_ref(), new.text.as_ref()];
    tx.execute(sql, &values).await?;
    get(tx, organisation, id).await
}

/// Removes a template. What was sent with it stays as it was sent.
pub async fn remove(tx: &mut Tx, organisation: OrganisationKey, id: TemplateKey) -> Result<(), StoreError> {
    let removed =
        tx.execute("DELETE FROM templates WHERE organisation = $1 AND id = $2", &vals![organisation, id]).await?;
    if removed == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}

/// The template.
pub async fn get(tx: &mut Tx, organisation: OrganisationKey, id: TemplateKey) -> Result<Template, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM templates WHERE organisation = $1 AND id = $2");
    tx.row(&sql, &vals![organisation, id]).await?.map(read).ok_or(StoreError::NotFound)
}

/// The template of that name.
pub async fn by_name(tx: &mut Tx, organisation: OrganisationKey, name: &str) -> Result<Option<Template>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM templates WHERE organisation = $1 AND name = $2");
    Ok(tx.row(&sql, &vals![organisation, name]).await?.map(read))
}

/// The templates of an organisation, oldest first.
pub async fn list(
    tx: &mut Tx,
    organisation: OrganisationKey,
    after: Option<TemplateKey>,
    limit: usize,
) -> Result<(Vec<Template>, Option<TemplateKey>), StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM templates WHERE organisation = $1 AND id > $2 ORDER BY id LIMIT $3");
    let found = tx.rows(&sql, &vals![organisation, after.map_or(-1, |key| key.0), limit + 1]).await?;
    Ok(page::cut(found.into_iter().map(read).collect(), limit, |template: &Template| template.id))
}

fn taken(name: &str) -> StoreError {
    StoreError::Conflict { field: "name", code: "name_taken", message: format!("There is already a template {name}.") }
}

fn read(mut row: Row) -> Template {
    Template {
        id: TemplateKey(row.int(0)),
        name: row.text(1),
        subject: row.text(2),
        html: row.opt_text(3),
        text: row.opt_text(4),
        created_at: row.int(5),
    }
}
