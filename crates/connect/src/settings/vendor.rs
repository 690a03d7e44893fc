//! Where a provider's interfaces are. One place, so that an installation can be pointed at a simulator as a whole.

/// The addresses of Microsoft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vendor {
    /// Where people sign in and tokens are given, without a slash at the end.
    pub sign_in: String,
    /// Where mail is, with its version.
    pub interface: String,
    /// What stands before the names of scopes.
    pub scopes: String,
}

impl Default for Vendor {
    fn default() -> Vendor {
        Vendor {
            sign_in: "https://login.microsoftonline.com".to_owned(),
            interface: "https://graph.microsoft.com/v1.0".to_owned(),
            scopes: "https://graph.microsoft.com/".to_owned(),
        }
    }
}

impl Vendor {
    /// A simulator that plays them all. `None` when it is not on this machine: tokens and mail would go over a line that
    /// everybody can read.
    pub fn simulated(url: &str) -> Option<Vendor> {
        let url = url.trim().trim_end_matches('/');
        let parsed = reqwest::Url::parse(url).ok()?;
        let host = parsed.host_str()?.trim_start_matches('[').trim_end_matches(']').to_owned();
        let is_here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        let is_plain = parsed.scheme() == "http" && parsed.path() == "/" && parsed.query().is_none();
        (is_here && is_plain).then(|| Vendor {
            sign_in: url.to_owned(),
            interface: format!("{url}/v1.0"),
            ..Vendor::default()
        })
    }

    /// The address of one endpoint of the sign-in, for a tenant.
    pub fn endpoint(&self, tenant: &str, name: &str) -> String {
        format!("{}/{tenant}/oauth2/v2.0/{name}", self.sign_in)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_simulator_on_this_machine_is_taken() {
        let taken = Vendor::simulated(" http://127.0.0.1:8026/ ").unwrap();
        assert_eq!(taken.endpoint("voorbeeld.nl", "token"), "http://127.0.0.1:8026/voorbeeld.nl/oauth2/v2.0/token");
        assert_eq!(taken.interface, "http://127.0.0.1:8026/v1.0");
        for elsewhere in ["https://127.0.0.1:1", "http://10.0.0.1:8026", "http://127.0.0.1.evil.test", "x", "file:///x"]
        {
            assert_eq!(Vendor::simulated(elsewhere), None, "{elsewhere}");
        }
    }
}
