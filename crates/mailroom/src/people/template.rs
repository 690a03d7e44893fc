//! Templates (*sjablonen*): mail that is written once and sent often. Whoever writes mail may keep one.

use crate::{
    MailRoom,
    doer::Doer,
    words::{Checks, Refusal},
};
use mail::TemplateKey;
use store::{
    Viewer,
    template::{self, NewTemplate, Template},
};

/// Makes a template.
pub async fn create(room: &MailRoom, viewer: &Viewer, new: NewTemplate) -> Result<Template, Refusal> {
    let (new, doer) = (checked(new)?, Doer::new(room, viewer));
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let made = template::create(tx, doer.organisation(), TemplateKey(doer.key()), &new, doer.now).await?;
            doer.did(tx, "template.made", made.id, "").await?;
            Ok(made)
        })
    });
    Ok(write.await?)
}

/// Saves a template.
pub async fn save(room: &MailRoom, viewer: &Viewer, key: TemplateKey, new: NewTemplate) -> Result<Template, Refusal> {
    let (new, doer) = (checked(new)?, Doer::new(room, viewer));
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let saved = template::update(tx, doer.organisation(), key, &new).await?;
            doer.did(tx, "template.saved", key, "").await?;
            Ok(saved)
        })
    });
    Ok(write.await?)
}

/// Removes a template; what was sent with it stays as it was sent.
pub async fn remove(room: &MailRoom, viewer: &Viewer, key: TemplateKey) -> Result<(), Refusal> {
    let doer = Doer::new(room, viewer);
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            template::remove(tx, doer.organisation(), key).await?;
            doer.did(tx, "template.removed", key, "").await
        })
    });
    Ok(write.await?)
}

fn checked(mut new: NewTemplate) -> Result<NewTemplate, Refusal> {
    new.name = new.name.trim().to_owned();
    let mut checks = Checks::default();
    checks.line("name", &new.name, 200);
    checks.line("subject", &new.subject, 2000);
    checks.prose("html", new.html.as_deref().unwrap_or_default(), 100_000);
    checks.prose("text", new.text.as_deref().unwrap_or_default(), 100_000);
    checks.done()?;
    Ok(new)
}
