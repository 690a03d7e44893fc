//! The ids of the interface, as its description shows them. Handlers use the keys of `mail`; these only describe.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $pattern:literal $example:literal;)*) => {$(
        $(#[$doc])*
        #[derive(utoipa::ToSchema)]
        #[schema(pattern = $pattern, example = $example)]
        #[expect(dead_code, reason = "describes what a key looks like outside; never made")]
        pub(crate) struct $name(String);
    )*};
}

ids! {
    /// A connected e-mail account; the page says mailbox.
    AccountId "^acc_[0-7][0-9a-hjkmnp-tv-z]{12}$" "acc_01k8w2m4q7r9t";
    /// A folder of an account.
    FolderId "^fld_[0-7][0-9a-hjkmnp-tv-z]{12}$" "fld_01k8w2m4q7r9t";
    /// A stored message.
    MessageId "^msg_[0-7][0-9a-hjkmnp-tv-z]{12}$" "msg_01k8w2m4q7r9t";
    /// A conversation.
    ConversationId "^cnv_[0-7][0-9a-hjkmnp-tv-z]{12}$" "cnv_01k8w2m4q7r9t";
    /// A contact.
    ContactId "^cnt_[0-7][0-9a-hjkmnp-tv-z]{12}$" "cnt_01k8w2m4q7r9t";
    /// A dossier.
    DossierId "^dos_[0-7][0-9a-hjkmnp-tv-z]{12}$" "dos_01k8w2m4q7r9t";
    /// A submission in the outbox.
    OutboxId "^out_[0-7][0-9a-hjkmnp-tv-z]{12}$" "out_01k8w2m4q7r9t";
    /// A mail that is being written.
    DraftId "^drf_[0-7][0-9a-hjkmnp-tv-z]{12}$" "drf_01k8w2m4q7r9t";
    /// A user.
    UserId "^usr_[0-7][0-9a-hjkmnp-tv-z]{12}$" "usr_01k8w2m4q7r9t";
    /// A group of users.
    GroupId "^grp_[0-7][0-9a-hjkmnp-tv-z]{12}$" "grp_01k8w2m4q7r9t";
    /// A token.
    TokenId "^tok_[0-7][0-9a-hjkmnp-tv-z]{12}$" "tok_01k8w2m4q7r9t";
    /// Somebody at a browser.
    SessionId "^ses_[0-7][0-9a-hjkmnp-tv-z]{12}$" "ses_01k8w2m4q7r9t";
    /// A note on a conversation.
    NoteId "^not_[0-7][0-9a-hjkmnp-tv-z]{12}$" "not_01k8w2m4q7r9t";
    /// A message set aside because it could not be read.
    QuarantineId "^qua_[0-7][0-9a-hjkmnp-tv-z]{12}$" "qua_01k8w2m4q7r9t";
    /// A template.
    TemplateId "^tpl_[0-7][0-9a-hjkmnp-tv-z]{12}$" "tpl_01k8w2m4q7r9t";
    /// A domain at Mailgun.
    MailgunDomainId "^mgd_[0-7][0-9a-hjkmnp-tv-z]{12}$" "mgd_01k8w2m4q7r9t";
    /// An organisation.
    OrganisationId "^org_[0-7][0-9a-hjkmnp-tv-z]{12}$" "org_01k8w2m4q7r9t";
}
