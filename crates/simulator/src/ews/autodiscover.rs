//! Where a mailbox's service is: autodiscover in its three forms (MS-OXDSCLI; learn.microsoft.com/exchange/client-developer).

use super::{sign_in, soap, xml};
use crate::{
    asked::{Asked, Reply},
    cloud::Cloud,
};
use serde_json::json;
use xml::Node;

/// Answers below `/autodiscover`.
pub(super) fn answer(cloud: &mut Cloud, asked: &Asked, connection: u64, url: &str) -> Reply {
    let path = asked.path.join("/").to_ascii_lowercase();
    let service = format!("{url}/EWS/Exchange.asmx");
    if path.starts_with("autodiscover/autodiscover.json") {
        // This one asks for no password, and says no more than where.
        return Reply::json(200, &json!({ "Protocol": "Ews", "Url": service }));
    }
    let whose = match sign_in::gate(cloud, asked, connection) {
        Ok(whose) => whose,
        Err(reply) => return reply,
    };
    let text = String::from_utf8_lossy(&asked.body).into_owned();
    let question = Node::read(&text).unwrap_or_default();
    match path.as_str() {
        "autodiscover/autodiscover.xml" => pox(cloud, &question, &service),
        "autodiscover/autodiscover.svc" => settings(&whose, &service),
        _ => Reply::bare(404),
    }
}

fn pox(cloud: &mut Cloud, question: &Node, service: &str) -> Reply {
    let address = question.at(&["Request", "EMailAddress"]).map(|node| node.text.trim().to_owned()).unwrap_or_default();
    let inner = match cloud.mailbox(&address) {
        None => concat!(
            "<Response><Error Time=\"10:00:00.0000000\" Id=\"1\"><ErrorCode>500</ErrorCode>",
            "<Message>The email address can't be found.</Message><DebugData/></Error></Response>"
        )
        .to_owned(),
        Some(mailbox) => format!(
            concat!(
                "<Response xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a\"><User>",
                "<DisplayName>{}</DisplayName><AutoDiscoverSMTPAddress>{}</AutoDiscoverSMTPAddress></User><Account>",
                "<AccountType>email</AccountType><Action>settings</Action><Protocol><Type>EXCH</Type><EwsUrl>{}</EwsUrl></Protocol>",
                "<Protocol><Type>EXPR</Type><EwsUrl>{}</EwsUrl></Protocol></Account></Response>"
            ),
            xml::written(&mailbox.name),
            xml::written(&mailbox.address),
            service,
            service
        ),
    };
    soap(
        200,
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006\">{inner}</Autodiscover>"
        ),
    )
}

fn settings(whose: &str, service: &str) -> Reply {
    let setting = |name: &str, value: &str| {
        format!(
            "<UserSetting i:type=\"StringSetting\"><Name>{name}</Name><Value>{}</Value></UserSetting>",
            xml::written(value)
        )
    };
    let body = format!(
        concat!(
            r#"<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>"#,
            r#"<GetUserSettingsResponseMessage xmlns="http://schemas.microsoft.com/exchange/2010/Autodiscover" "#,
            r#"xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><Response><ErrorCode>NoError</ErrorCode><ErrorMessage/>"#,
            r#"<UserResponses><UserResponse><ErrorCode>NoError</ErrorCode><ErrorMessage>No error.</ErrorMessage><RedirectTarget i:nil="true"/>"#,
            r#"<UserSettingErrors/><UserSettings>{}{}{}{}</UserSettings></UserResponse></UserResponses></Response>"#,
            r#"</GetUserSettingsResponseMessage></s:Body></s:Envelope>"#
        ),
        setting("AutoDiscoverSMTPAddress", whose),
        setting("InternalEwsUrl", service),
        setting("ExternalEwsUrl", service),
        setting("ExternalEwsVersion", "15.01.2507.000")
    );
    soap(200, body)
}
