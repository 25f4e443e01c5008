use std::fmt;

use untis_webhook::event::Credentials;
use zeroize::Zeroizing;

use crate::parts;

/// What a delivery of credentials says of the school besides them. It is stored encrypted; the last four are personal
/// data.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile {
    /// The school's country, such as `AT`.
    pub country: Option<String>,
    /// The school's region, such as `AT-3`.
    pub region: Option<String>,
    /// The school's language, such as `de`.
    pub language: Option<String>,
    /// The school's name, of credentials of the first version.
    pub school_name: Option<String>,
    /// Who activated the application.
    pub activator_username: Option<String>,
    /// The address of who activated the application.
    pub activator_email: Option<String>,
    /// The school's address.
    pub school_email: Option<String>,
    /// The school's telephone number.
    pub school_phone_number: Option<String>,
}

/// How these fields are stored: in this order, which so stands once. New ones come last.
macro_rules! stored {
    ($($field:ident),+ $(,)?) => {
        impl Profile {
            pub(crate) fn encode(credentials: &Credentials) -> Zeroizing<Vec<u8>> {
                parts::join(&[$(credentials.$field.as_deref()),+])
            }

            pub(crate) fn decode(encoded: &[u8]) -> Option<Self> {
                let [$($field),+] = parts::split(encoded)?.map(|part: Option<&str>| part.map(str::to_owned));
                Some(Self { $($field),+ })
            }
        }
    };
}

stored! {
    country,
    region,
    language,
    school_name,
    activator_username,
    activator_email,
    school_email,
    school_phone_number,
}

/// Names, addresses and telephone numbers are left out.
impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile")
            .field("country", &self.country)
            .field("region", &self.region)
            .field("language", &self.language)
            .finish_non_exhaustive()
    }
}
