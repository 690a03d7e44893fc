//! The API: one file a subject, with its handlers and what they take and answer.

mod account;
mod app;
mod change;
mod contact;
mod conversation;
mod description;
mod discover;
mod docs;
mod dossier;
mod draft;
mod erasure;
mod form;
#[cfg(test)]
mod form_test;
mod google_topic;
mod group;
mod id;
mod identity_provider;
mod instant;
mod mailgun_domain;
mod me;
mod message;
mod notification;
mod organisation;
mod outbox;
mod page;
mod password;
mod personal;
mod quarantine;
#[cfg(test)]
mod rights_test;
mod second_factor;
mod template;
mod token;
mod user;

pub(crate) use change::{ChangeShown, seen_after};
pub(crate) use description::routes as description_routes;
pub(crate) use message::download;
pub(crate) use personal::archive;

use crate::AppState;
use utoipa_axum::router::OpenApiRouter;

/// Every call of the interface, and the description made from them.
pub(crate) fn router() -> (axum::Router<AppState>, utoipa::openapi::OpenApi) {
    let calls = OpenApiRouter::new()
        .merge(discover::routes())
        .merge(account::routes())
        .merge(message::routes())
        .merge(conversation::routes())
        .merge(outbox::routes())
        .merge(draft::routes())
        .merge(contact::routes())
        .merge(dossier::routes())
        .merge(quarantine::routes())
        .merge(change::routes())
        .merge(me::routes())
        .merge(notification::routes())
        .merge(organisation::routes())
        .merge(app::routes())
        .merge(google_topic::routes())
        .merge(mailgun_domain::routes())
        .merge(identity_provider::routes())
        .merge(user::routes())
        .merge(password::routes())
        .merge(second_factor::routes())
        .merge(group::routes())
        .merge(personal::routes())
        .merge(erasure::routes())
        .merge(token::routes())
        .merge(template::routes());
    let (router, mut api) = OpenApiRouter::with_openapi(description::begin()).nest("/api/v1", calls).split_for_parts();
    description::complete(&mut api);
    (router, api)
}
