//! Erasing a user who left. The row stays under its key, so that what they did and wrote for the organisation stays the
//! deed of a former colleague; who that was goes.

use super::{Asked, Erasure, trace};
use crate::{StoreError, Tx, user, vals, viewer::UserRole};
use mail::{DraftKey, OrganisationKey, UserKey, address::fold_address};

/// Erases the user, who is called `called` from now on. `Conflict` for the last administrator, for somebody who alone
/// manages a mailbox, for oneself, and while mail to them waits.
pub async fn of_user(tx: &mut Tx, asked: &Asked<'_>, id: UserKey, called: &str) -> Result<Erasure, StoreError> {
    let organisation = asked.viewer.organisation;
    // One at a time: of two who alone can do without each other, one stays.
    tx.execute("UPDATE organisations SET change_seq = change_seq WHERE id = $1", &vals![organisation]).await?;
    let found = user::get(tx, organisation, id).await?;
    if id == asked.viewer.user {
        return Err(conflict("user", "yourself", "Let another administrator erase you.".to_owned()));
    }
    others_stay(tx, organisation, id, found.role).await?;
    let address = fold_address(&found.email);
    trace::nothing_waits_for(tx, organisation, std::slice::from_ref(&address)).await?;
    asked.begin(tx, &id.to_string(), (&[asked.marks.address(&address)], &[]), false).await?;
    let sql = "SELECT id FROM drafts WHERE organisation = $1 AND author = $2";
    let drafts = tx.rows(sql, &vals![organisation, id]).await?;
    let drafts: Vec<_> = drafts.iter().map(|row| DraftKey(row.int(0))).collect();
    trace::throw_away(tx, asked, &drafts).await?;
    trace::leave_drafts(tx, asked, std::slice::from_ref(&address)).await?;
    for sql in [
        "DELETE FROM sessions WHERE organisation = $1 AND person = $2",
        "DELETE FROM known_devices WHERE organisation = $1 AND person = $2",
        "DELETE FROM recovery_codes WHERE organisation = $1 AND person = $2",
        "DELETE FROM identities WHERE organisation = $1 AND person = $2",
        "DELETE FROM device_codes WHERE organisation = $1 AND person = $2",
        "DELETE FROM one_time_links WHERE organisation = $1 AND person = $2",
        "DELETE FROM tokens WHERE organisation = $1 AND person = $2",
        "DELETE FROM members WHERE organisation = $1 AND person = $2",
        "DELETE FROM owners WHERE organisation = $1 AND person = $2 AND NOT is_group",
        "DELETE FROM presences WHERE organisation = $1 AND person = $2",
        "DELETE FROM shown_senders WHERE organisation = $1 AND person = $2",
        "DELETE FROM mentions WHERE organisation = $1 AND person = $2",
        "DELETE FROM noticed_accounts WHERE organisation = $1 AND person = $2",
        "DELETE FROM letters_told WHERE organisation = $1 AND person = $2",
        "DELETE FROM idempotency WHERE organisation = $1 AND person = $2",
        "UPDATE conversations SET assignee = NULL WHERE organisation = $1 AND assignee = $2",
    ] {
        tx.execute(sql, &vals![organisation, id]).await?;
    }
    // A name that no mail reaches (RFC 2606, section 2), and each former colleague has another.
    let address_of_nobody = format!("{id}@erased.invalid");
    let sql = "UPDATE users SET email = $3, email_folded = $3, name = $4, role = 'member', password = NULL,
                   totp_secret = NULL, totp_since_at = NULL, totp_step = NULL, active = FALSE, default_account = NULL
               WHERE organisation = $1 AND id = $2";
    tx.execute(sql, &vals![organisation, id, address_of_nobody, called]).await?;
    trace::forget(tx, organisation, &[address]).await?;
    tx.ring(crate::Topic::Accounts);
    super::of_subject(tx, organisation, &id.to_string()).await
}

fn conflict(field: &'static str, code: &'static str, message: String) -> StoreError {
    StoreError::Conflict { field, code, message }
}

/// `Conflict` when nobody else is administrator, or nobody else who works here manages a mailbox that this one manages.
async fn others_stay(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: UserKey,
    role: UserRole,
) -> Result<(), StoreError> {
    let sql = "SELECT 1 FROM users WHERE organisation = $1 AND role = 'administrator' AND active AND id <> $2";
    if role == UserRole::Administrator && tx.row(sql, &vals![organisation, id]).await?.is_none() {
        let message = "This is the only administrator. Make somebody else administrator first.".to_owned();
        return Err(conflict("role", "last_administrator", message));
    }
    let manages = "EXISTS (SELECT 1 FROM owners p WHERE p.organisation = $1 AND p.account = a.id AND p.can_manage
        AND ((NOT p.is_group AND p.person = u.id) OR (p.is_group AND u.id IN (SELECT g.person FROM members g
            WHERE g.organisation = $1 AND g.workgroup = p.person))))";
    let sql = format!(
        "SELECT a.address FROM accounts a
         WHERE a.organisation = $1
             AND EXISTS (SELECT 1 FROM users u WHERE u.organisation = $1 AND u.id = $2 AND {manages})
             AND NOT EXISTS (SELECT 1 FROM users u WHERE u.organisation = $1 AND u.id <> $2 AND u.active AND {manages})
         ORDER BY a.address_folded LIMIT 1"
    );
    match tx.row(&sql, &vals![organisation, id]).await? {
        None => Ok(()),
        Some(mut row) => {
            let message = format!("Nobody else manages {}. Give it another owner, or remove it.", row.text(0));
            Err(conflict("accounts", "manages_alone", message))
        }
    }
}
