//! What a variant is called where it is stored, logged or shown. The names are part of the stored form.

use crate::{Contest, Decision, Ended, ErasureScope, SetState, Status, Told};

macro_rules! names {
    ($type:ident { $($variant:ident $(($inner:path))? => $name:literal,)+ }) => {
        impl $type {
            /// Its name, as it is stored.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant $(($inner))? => $name,)+
                }
            }

            /// The one of this name.
            ///
            /// ```
            #[doc = concat!("use untis_webhook_tenants::", stringify!($type), ";")]
            ///
            $(#[doc = concat!(
                "assert_eq!(", stringify!($type), "::from_name(\"", $name, "\").map(", stringify!($type),
                "::as_str), Some(\"", $name, "\"));"
            )])+
            #[doc = concat!("assert_eq!(", stringify!($type), "::from_name(\"another\"), None);")]
            /// ```
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant $(($inner))?),)+
                    _ => None,
                }
            }
        }
    };
}

names!(Decision {
    Activate => "activate",
    Candidate => "candidate",
    Contest(Contest::ClientId) => "contest_client_id",
    Contest(Contest::Replay) => "contest_replay",
    Deactivate => "deactivate",
    Delete => "delete",
    Nothing => "nothing",
    Record => "record",
    Remember(Ended::Deactivated) => "remember_deactivated",
    Remember(Ended::Deleted) => "remember_deleted",
    Replace => "replace",
    Stale => "stale",
    Update => "update",
});

names!(ErasureScope {
    Everything => "everything",
    Secrets => "secrets",
});

names!(SetState {
    Candidate => "candidate",
    Current => "current",
    Dead => "dead",
    Superseded => "superseded",
});

names!(Status {
    Active => "active",
    Deactivated => "deactivated",
    Deleted => "deleted",
});

names!(Told {
    Activated => "activated",
    Contested => "contested",
    CredentialsReplaced => "credentials_replaced",
    Deactivated => "deactivated",
    Deleted => "deleted",
    Updated => "updated",
});
