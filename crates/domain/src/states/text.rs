//! The macro behind every closed set of words that is stored as text.
//!
//! The database knows states as text with a CHECK, never as native enums, so that two versions can run side by
//! side. A *loose* enum reads a word it does not know as `Unknown` (a newer version wrote it); a *strict* one
//! refuses it, because acting on a guess would be worse than failing.

/// A word that is none of a strict enum's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a {kind}")]
pub struct UnknownText {
    /// The enum that was asked.
    pub kind: &'static str,
    /// The word as it came, cut to 40 characters.
    pub text: String,
}

impl UnknownText {
    pub(crate) fn new(kind: &'static str, text: &str) -> Self {
        Self { kind, text: text.chars().take(40).collect() }
    }
}

macro_rules! text_enum {
    ($(#[$doc:meta])* strict $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        text_enum!(@base [$(#[$doc])*] $name { $($(#[$vdoc])* $variant = $text,)* } {});

        impl std::str::FromStr for $name {
            type Err = $crate::states::UnknownText;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    _ => Err($crate::states::UnknownText::new(stringify!($name), text)),
                }
            }
        }
    };
    ($(#[$doc:meta])* loose $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        text_enum!(@base [$(#[$doc])*] $name { $($(#[$vdoc])* $variant = $text,)* } {
            /// A word a newer version wrote; nothing is done on the strength of it.
            Unknown = "unknown",
        });

        impl std::str::FromStr for $name {
            type Err = std::convert::Infallible;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Ok(match text {
                    $($text => Self::$variant,)*
                    _ => Self::Unknown,
                })
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)*
                    _ => Self::Unknown,
                }
            }
        }
    };
    (@base [$($doc:tt)*] $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }
        { $($(#[$udoc:meta])* $unknown:ident = $utext:literal,)* }) => {
        $($doc)*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)*
            $($(#[$udoc])* $unknown,)*
        }

        impl $name {
            /// Every word this version knows.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word as stored and as in the contract.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                    $(Self::$unknown => $utext,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        #[cfg(feature = "sqlx")]
        impl sqlx::Type<sqlx::Postgres> for $name {
            fn type_info() -> sqlx::postgres::PgTypeInfo {
                <str as sqlx::Type<sqlx::Postgres>>::type_info()
            }
            fn compatible(ty: &sqlx::postgres::PgTypeInfo) -> bool {
                <str as sqlx::Type<sqlx::Postgres>>::compatible(ty)
            }
        }

        #[cfg(feature = "sqlx")]
        impl sqlx::postgres::PgHasArrayType for $name {
            fn array_type_info() -> sqlx::postgres::PgTypeInfo {
                <String as sqlx::postgres::PgHasArrayType>::array_type_info()
            }
        }

        #[cfg(feature = "sqlx")]
        impl<'q> sqlx::Encode<'q, sqlx::Postgres> for $name {
            fn encode_by_ref(
                &self,
                buffer: &mut sqlx::postgres::PgArgumentBuffer,
            ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
                <&str as sqlx::Encode<'q, sqlx::Postgres>>::encode(self.as_str(), buffer)
            }
        }

        #[cfg(feature = "sqlx")]
        impl<'r> sqlx::Decode<'r, sqlx::Postgres> for $name {
            fn decode(value: sqlx::postgres::PgValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
                Ok(<&str as sqlx::Decode<'r, sqlx::Postgres>>::decode(value)?.parse()?)
            }
        }
    };
}
