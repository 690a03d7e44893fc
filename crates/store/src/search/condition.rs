//! What a filter and a query ask of a message apart from its words, as conditions on the row of the message.

use crate::{StoreError, Tx, Val, Viewer, conversation::Standing, message::Filter, vals};
use mail::{
    AccountKey, OrganisationKey, Role,
    query::Term,
    search::{fold, tokens},
};

/// More contacts or dossiers of one name are not looked at: the person must write more of it.
const NAMED: usize = 200;

/// Conditions on `messages m`, joined by AND, and the values that they use from `$first` on.
#[derive(Debug)]
pub(super) struct Conditions {
    pub(super) sql: Vec<String>,
    pub(super) values: Vec<Val<'static>>,
    first: usize,
}

impl Conditions {
    pub(super) fn new(first: usize) -> Conditions {
        Conditions { sql: Vec::new(), values: Vec::new(), first }
    }

    /// Gives a value its place: `$7`.
    fn value(&mut self, value: impl Into<Val<'static>>) -> String {
        self.values.push(value.into());
        format!("${}", self.first + self.values.len() - 1)
    }

    /// `$7, $8`, or what no key is when there is nothing.
    fn list(&mut self, values: impl IntoIterator<Item = i64>) -> String {
        let places: Vec<String> = values.into_iter().map(|value| self.value(value)).collect();
        if places.is_empty() { "-1".to_owned() } else { places.join(", ") }
    }

    pub(super) fn text(&self) -> String {
        self.sql.iter().map(|sql| format!(" AND {sql}")).collect()
    }

    /// The message is of one of these accounts.
    pub(super) fn accounts(&mut self, accounts: &[AccountKey]) {
        let list = self.list(accounts.iter().map(|account| account.0));
        self.sql.push(format!("m.account IN ({list})"));
    }

    /// A private message shows only in the accounts that the viewer manages, or when the viewer made it private.
    pub(super) fn privacy(&mut self, accounts: &[AccountKey], managed: &[AccountKey]) {
        let managed: Vec<i64> =
            accounts.iter().filter(|account| managed.binary_search(account).is_ok()).map(|account| account.0).collect();
        if managed.len() == accounts.len() {
            return;
        }
        let list = self.list(managed);
        self.sql.push(format!("(NOT m.private OR m.private_by = $2 OR m.account IN ({list}))"));
    }

    /// What the filter asks.
    pub(super) fn filter(&mut self, filter: &Filter) {
        if let Some(folder) = filter.folder {
            let folder = self.value(folder);
            self.sql.push(in_folder(&format!("p.folder = {folder}")));
        }
        if let Some(role) = filter.role {
            let role = self.role(role);
            self.sql.push(role);
        }
        if let Some(conversation) = filter.conversation {
            let conversation = self.value(conversation);
            self.sql.push(format!("m.conversation = {conversation}"));
        }
        let targets = [filter.contact.map(|contact| contact.0), filter.dossier.map(|dossier| dossier.0)];
        for target in targets.into_iter().flatten() {
            let linked = self.linked([target]);
            self.sql.push(linked);
        }
        if let Some(unread) = filter.unread {
            self.sql.push(if unread { UNREAD } else { READ }.to_owned());
        }
        if let Some(standing) = filter.standing {
            let stands = self.stands(standing);
            self.sql.push(stands);
        }
    }

    /// What a term asks that is no word; names are looked up first.
    pub(super) async fn term(
        &mut self,
        tx: &mut Tx,
        viewer: &Viewer,
        accounts: &[AccountKey],
        term: &Term,
    ) -> Result<(), StoreError> {
        let (term, is_not) = match term {
            Term::Not(term) => (&**term, true),
            term => (term, false),
        };
        let sql = match term {
            Term::Words { .. } | Term::Not(_) => return Ok(()),
            Term::HasAttachment => "m.attachments > 0".to_owned(),
            Term::Before(instant) => format!("m.received_at < {}", self.value(*instant)),
            Term::After(instant) => format!("m.received_at >= {}", self.value(*instant)),
            Term::Role(role) => self.role(*role),
            Term::Folder(name) => {
                let folders = folders_named(tx, viewer.organisation, accounts, name).await?;
                let list = self.list(folders);
                in_folder(&format!("p.shown_in IN ({list})"))
            }
            Term::Unread => UNREAD.to_owned(),
            Term::Read => READ.to_owned(),
            Term::Flagged => "(m.flags & 2) <> 0".to_owned(),
            Term::Private => "m.private".to_owned(),
            Term::Contact(contact) => self.linked([contact.0]),
            Term::ContactNamed(words) => {
                let found = named(tx, viewer.organisation, "contacts", words).await?;
                self.linked(found)
            }
            Term::Dossier(dossier) => self.linked([dossier.0]),
            Term::DossierNamed(words) => {
                let found = named(tx, viewer.organisation, "dossiers", words).await?;
                self.linked(found)
            }
            Term::Account(account) => format!("m.account = {}", self.value(*account)),
            Term::AccountNamed(words) => {
                let list = self.list(accounts_named(tx, viewer.organisation, accounts, words).await?);
                format!("m.account IN ({list})")
            }
        };
        self.sql.push(if is_not { format!("NOT ({sql})") } else { sql });
        Ok(())
    }

    fn role(&mut self, role: Role) -> String {
        let role = self.value(role.as_str());
        format!(
            "EXISTS (SELECT 1 FROM places p JOIN folders f ON f.organisation = p.organisation AND f.id = p.shown_in \
             WHERE p.organisation = $1 AND p.message = m.id AND f.role = {role})"
        )
    }

    fn stands(&mut self, standing: Standing) -> String {
        let mut sql =
            "EXISTS (SELECT 1 FROM conversations c WHERE c.organisation = $1 AND c.id = m.conversation".to_owned();
        if let Some(state) = standing.state {
            sql += &format!(" AND c.state = {}", self.value(state.as_str()));
        }
        match standing.assignee {
            Some(Some(user)) => sql += &format!(" AND c.assignee = {}", self.value(user)),
            Some(None) => sql += " AND c.assignee IS NULL",
            None => {}
        }
        if let Some(snoozed) = standing.snoozed {
            let is_not = if snoozed { "" } else { "NOT " };
            sql += &format!(" AND {is_not}COALESCE(c.snoozed_until_at, 0) > {}", self.value(standing.now));
        }
        sql + ")"
    }

    fn linked(&mut self, targets: impl IntoIterator<Item = i64>) -> String {
        let targets = self.list(targets);
        format!(
            "EXISTS (SELECT 1 FROM links l WHERE l.organisation = $1 AND l.message = m.id AND l.target IN ({targets}) \
             AND NOT l.removed)"
        )
    }
}

/// Both databases use the index on unread messages for exactly these words.
const UNREAD: &str = "(m.flags & 1) = 0";
const READ: &str = "(m.flags & 1) <> 0";

fn in_folder(condition: &str) -> String {
    format!("EXISTS (SELECT 1 FROM places p WHERE p.organisation = $1 AND p.message = m.id AND {condition})")
}

async fn folders_named(
    tx: &mut Tx,
    organisation: OrganisationKey,
    accounts: &[AccountKey],
    name: &str,
) -> Result<Vec<i64>, StoreError> {
    let sql = "SELECT id, name FROM folders WHERE organisation = $1 AND account = $2 AND gone_at IS NULL";
    let lists: Vec<_> = accounts.iter().map(|account| vals![organisation, *account].to_vec()).collect();
    let ends = format!(" {name}");
    let mut found = Vec::new();
    for mut row in tx.rows_many(sql, &lists).await?.into_iter().flatten() {
        let folded = fold(&row.text(1));
        if folded == name || folded.ends_with(&ends) {
            found.push(row.int(0));
        }
    }
    Ok(found)
}

/// Contacts or dossiers whose name has all these words. Accents are folded here, because no database folds as we do.
async fn named(
    tx: &mut Tx,
    organisation: OrganisationKey,
    table: &str,
    words: &[String],
) -> Result<Vec<i64>, StoreError> {
    let sql = format!("SELECT id, name FROM {table} WHERE organisation = $1");
    let mut found = Vec::new();
    for mut row in tx.rows(&sql, &vals![organisation]).await? {
        if has_all(&row.text(1), words) {
            found.push(row.int(0));
        }
        if found.len() == NAMED {
            break;
        }
    }
    Ok(found)
}

/// Those of the accounts whose name or address has all these words.
pub(super) async fn accounts_named(
    tx: &mut Tx,
    organisation: OrganisationKey,
    accounts: &[AccountKey],
    words: &[String],
) -> Result<Vec<i64>, StoreError> {
    let sql = "SELECT display_name, address FROM accounts WHERE organisation = $1 AND id = $2";
    let lists: Vec<_> = accounts.iter().map(|account| vals![organisation, *account].to_vec()).collect();
    let mut found = Vec::new();
    for (account, rows) in accounts.iter().zip(tx.rows_many(sql, &lists).await?) {
        for mut row in rows {
            if has_all(&format!("{} {}", row.text(0), row.text(1)), words) {
                found.push(account.0);
            }
        }
    }
    Ok(found)
}

fn has_all(name: &str, words: &[String]) -> bool {
    let folded = fold(name);
    words.iter().all(|word| tokens(&folded).any(|token| token == word))
}
