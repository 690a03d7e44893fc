//! Parts that several forms share. Their rules are the mail room's.

use mailroom::words::{Refusal, text};
use serde::{Deserialize, Serialize};
use store::external::External;
use utoipa::ToSchema;

/// How the business software calls something.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = External, example = json!({"source": "crm", "id": "1042"}))]
pub(super) struct ExternalForm {
    /// Which software.
    #[schema(min_length = 1, max_length = 100)]
    pub(super) source: String,
    /// Its own id there.
    #[schema(min_length = 1, max_length = 200)]
    pub(super) id: String,
}

impl From<External> for ExternalForm {
    fn from(External { source, id }: External) -> ExternalForm {
        ExternalForm { source, id }
    }
}

impl From<ExternalForm> for External {
    fn from(ExternalForm { source, id }: ExternalForm) -> External {
        External { source, id }
    }
}

/// The name in the path; what names its own id in the body as well must name the same one.
pub(super) fn named_alike(source: String, id: String, body: Option<&ExternalForm>) -> Result<External, Refusal> {
    match body {
        Some(body) if body.source != source || body.id != id => {
            let words = text(
                "Dit is een ander id dan in het adres van de aanvraag.",
                "This is another id than in the address of the request.",
            );
            Err(Refusal::field("external", ("other_id", words)))
        }
        _ => Ok(External { source, id }),
    }
}
