//! The folders of an account, what they are for, and the ledger that proves nothing is missing.

use super::{id, of_owner, shown::CountsShown};
use crate::{
    AppState,
    api::{instant::Instant, page::Page},
    caller::Caller,
    given::{GivenList, Named},
    problem::Problem,
};
use axum::{Json, extract::State};
use mail::{AccountKey, FolderKey, Role};
use mailroom::accounts;
use serde::{Deserialize, Serialize};
use store::folder::Folder;
use utoipa::ToSchema;

/// A folder of an account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Folder)]
pub(super) struct FolderShown {
    #[schema(value_type = id::FolderId)]
    id: FolderKey,
    /// The name as the server shows it.
    name: String,
    /// The name for people: without the prefix that some servers put before every folder (`INBOX.`).
    label: String,
    #[schema(value_type = RoleName)]
    role: Role,
    /// A person chose the role; else it was declared by the server or guessed from the name.
    chosen: bool,
    /// Holds messages, not only other folders.
    selectable: bool,
    counts: CountsShown,
}

/// What a folder is for.
#[derive(ToSchema)]
#[schema(as = Role, rename_all = "lowercase")]
#[expect(dead_code, reason = "describes the names; mail::Role has them")]
pub(crate) enum RoleName {
    Inbox,
    Sent,
    Drafts,
    Junk,
    Trash,
    Archive,
    None,
}

/// What one folder is for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FolderRole {
    #[schema(value_type = id::FolderId)]
    folder: FolderKey,
    /// Null goes back to what the server declares or what the name says.
    #[schema(value_type = Option<RoleName>, required)]
    role: Option<Role>,
}

/// One folder's line of the ledger: `on_server` = `stored` + `excluded` + `quarantined` + `missing`. In the inbox of a POP3
/// mailbox `stored` counts what lies here, which people may have moved away and which the server may no longer have.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LedgerRow {
    #[schema(value_type = id::FolderId)]
    folder: FolderKey,
    name: String,
    /// How many messages the server had at the last check.
    #[schema(required)]
    on_server: Option<i64>,
    /// How many we hold.
    stored: i64,
    /// How many we leave out on purpose.
    excluded: i64,
    /// How many could not be read and wait in quarantine.
    quarantined: i64,
    /// How many we should hold and don't.
    #[schema(required)]
    missing: Option<i64>,
    #[schema(required)]
    checked_at: Option<Instant>,
}

/// The folders of an account.
#[utoipa::path(get, path = "/accounts/{id}/folders", tag = "accounts", params(("id" = id::AccountId, Path)),
    responses((status = 200, description = "All of them, the inbox first.", body = Page<FolderShown>)))]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Named(account): Named<AccountKey>,
) -> Result<Json<Page<FolderShown>>, Problem> {
    let folders = accounts::folders(&state.room, &caller.viewer, account).await?;
    Ok(Json(Page::all(folders.into_iter().map(FolderShown::from).collect())))
}

/// Chooses what folders are for.
#[utoipa::path(put, path = "/accounts/{id}/folder-roles", tag = "accounts", params(("id" = id::AccountId, Path)),
    request_body = Vec<FolderRole>,
    responses((status = 200, description = "The folders as they are now.", body = Page<FolderShown>)))]
pub(super) async fn choose_roles(
    State(state): State<AppState>,
    caller: Caller,
    Named(account): Named<AccountKey>,
    GivenList(value): GivenList<FolderRole>,
) -> Result<Json<Page<FolderShown>>, Problem> {
    let roles = value.into_iter().map(|chosen| (chosen.folder, chosen.role)).collect();
    let folders = accounts::choose_roles(&state.room, &caller.viewer, account, roles).await?;
    Ok(Json(Page::all(folders.into_iter().map(FolderShown::from).collect())))
}

/// The ledger: per folder what the server has and where it is.
#[utoipa::path(get, path = "/accounts/{id}/ledger", tag = "accounts", params(("id" = id::AccountId, Path)),
    responses((status = 200, description = "A row for every folder.", body = Page<LedgerRow>)))]
pub(super) async fn ledger(
    State(state): State<AppState>,
    caller: Caller,
    Named(account): Named<AccountKey>,
) -> Result<Json<Page<LedgerRow>>, Problem> {
    let account = of_owner(&state, &caller, account).await?;
    let rows = state
        .read(move |tx| {
            Box::pin(async move {
                let mut rows = Vec::new();
                let aside = store::quarantine::counts(tx, account.organisation, account.id).await?;
                for folder in store::folder::list(tx, account.organisation, account.id).await? {
                    let quarantined = aside.iter().find(|(key, _)| *key == folder.id).map_or(0, |(_, count)| *count);
                    rows.push(LedgerRow {
                        folder: folder.id,
                        name: accounts::server_name(&folder),
                        on_server: folder.on_server,
                        stored: folder.messages,
                        excluded: folder.excluded,
                        quarantined,
                        missing: folder.missing,
                        checked_at: folder.checked_at.map(Instant),
                    });
                }
                Ok(rows)
            })
        })
        .await?;
    Ok(Json(Page::all(rows)))
}

impl From<Folder> for FolderShown {
    fn from(folder: Folder) -> FolderShown {
        FolderShown {
            id: folder.id,
            name: accounts::server_name(&folder),
            label: folder.name,
            role: folder.role,
            chosen: folder.chosen_role.is_some(),
            selectable: folder.selectable,
            counts: CountsShown { messages: folder.messages, unread: folder.unread },
        }
    }
}
