//! A value on its way to or from the database.

use bytes::BytesMut;
use mail::*;
use std::{borrow::Cow, error::Error};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

/// A value on its way to or from the database.
#[derive(Debug, Clone, PartialEq)]
pub enum Val<'a> {
    /// NULL, of whatever type the statement wants.
    Null,
    /// BOOLEAN.
    Bool(bool),
    /// BIGINT.
    Int(i64),
    /// DOUBLE PRECISION.
    Real(f64),
    /// TEXT.
    Text(Cow<'a, str>),
    /// BYTEA.
    Bytes(Cow<'a, [u8]>),
}

macro_rules! from_value {
    ($($kind:ty => |$value:ident| $made:expr;)*) => {$(
        impl<'a> From<$kind> for Val<'a> {
            fn from($value: $kind) -> Val<'a> {
                $made
            }
        }
    )*};
}

from_value! {
    bool => |value| Val::Bool(value);
    i64 => |value| Val::Int(value);
    i32 => |value| Val::Int(value.into());
    u32 => |value| Val::Int(value.into());
    u16 => |value| Val::Int(value.into());
    usize => |value| Val::Int(value as i64);
    u64 => |value| Val::Int(value as i64);
    f64 => |value| Val::Real(value);
    &'a str => |value| Val::Text(Cow::Borrowed(value));
    &'a String => |value| Val::Text(Cow::Borrowed(value));
    String => |value| Val::Text(Cow::Owned(value));
    &'a [u8] => |value| Val::Bytes(Cow::Borrowed(value));
    &'a Vec<u8> => |value| Val::Bytes(Cow::Borrowed(value));
    Vec<u8> => |value| Val::Bytes(Cow::Owned(value));
    OrganisationKey => |value| Val::Int(value.0);
    AccountKey => |value| Val::Int(value.0);
    FolderKey => |value| Val::Int(value.0);
    MessageKey => |value| Val::Int(value.0);
    PlaceKey => |value| Val::Int(value.0);
    ConversationKey => |value| Val::Int(value.0);
    ContactKey => |value| Val::Int(value.0);
    DossierKey => |value| Val::Int(value.0);
    OutboxKey => |value| Val::Int(value.0);
    DraftKey => |value| Val::Int(value.0);
    UserKey => |value| Val::Int(value.0);
    GroupKey => |value| Val::Int(value.0);
    TokenKey => |value| Val::Int(value.0);
    SessionKey => |value| Val::Int(value.0);
    NoteKey => |value| Val::Int(value.0);
    QuarantineKey => |value| Val::Int(value.0);
    TemplateKey => |value| Val::Int(value.0);
    IdentityProviderKey => |value| Val::Int(value.0);
    AppRegistrationKey => |value| Val::Int(value.0);
    MailgunDomainKey => |value| Val::Int(value.0);
    SignatureKey => |value| Val::Int(value.0);
}

impl<'a, T: Into<Val<'a>>> From<Option<T>> for Val<'a> {
    fn from(value: Option<T>) -> Val<'a> {
        value.map_or(Val::Null, Into::into)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Val<'a> {
    fn from(value: &'a [u8; N]) -> Val<'a> {
        Val::Bytes(Cow::Borrowed(value))
    }
}

impl<'a, const N: usize> From<[u8; N]> for Val<'a> {
    fn from(value: [u8; N]) -> Val<'a> {
        Val::Bytes(Cow::Owned(value.to_vec()))
    }
}

impl rusqlite::ToSql for Val<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, Value, ValueRef};
        Ok(match self {
            Val::Null => ToSqlOutput::Owned(Value::Null),
            Val::Bool(value) => ToSqlOutput::Owned(Value::Integer((*value).into())),
            Val::Int(value) => ToSqlOutput::Owned(Value::Integer(*value)),
            Val::Real(value) => ToSqlOutput::Owned(Value::Real(*value)),
            Val::Text(value) => ToSqlOutput::Borrowed(ValueRef::Text(value.as_bytes())),
            Val::Bytes(value) => ToSqlOutput::Borrowed(ValueRef::Blob(value)),
        })
    }
}

/// Encodes to the type that the server inferred for the parameter, so that NULL needs no type and one integer fits
/// every width.
impl ToSql for Val<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Val::Null => Ok(IsNull::Yes),
            Val::Bool(value) if *ty == Type::BOOL => value.to_sql(ty, out),
            Val::Bool(value) => Val::Int((*value).into()).to_sql(ty, out),
            Val::Int(value) => match *ty {
                Type::INT2 => i16::try_from(*value)?.to_sql(ty, out),
                Type::INT4 => i32::try_from(*value)?.to_sql(ty, out),
                Type::BOOL => (*value != 0).to_sql(ty, out),
                Type::FLOAT8 => (*value as f64).to_sql(ty, out),
                _ => value.to_sql(ty, out),
            },
            Val::Real(value) => value.to_sql(ty, out),
            Val::Text(value) => {
                // PostgreSQL keeps no NUL in a text; nothing that people read has one.
                let clean =
                    if value.contains('\0') { Cow::Owned(value.replace('\0', "")) } else { Cow::Borrowed(&**value) };
                (&*clean).to_sql(ty, out)
            }
            Val::Bytes(value) => (&**value).to_sql(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
