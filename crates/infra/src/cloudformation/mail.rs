//! Mail: whom it is from, how its fate is told, and who hears of bounces. What a mail says is written by the steps, so
//! there are no SES templates.

use serde_json::{Value, json};

use super::template::{Resource, Template};
use super::topics::add_topic;
use super::values::{arn, choose, reference};

/// The ARN of the identity that mails come from: the domain's when there is one, else the address's.
pub(super) fn identity_arn() -> Value {
    choose("HasMailDomain", arn("ses", "identity/${MailDomain}"), arn("ses", "identity/${MailFrom}"))
}

/// Adds the identity, the configuration set and the topic of bounces.
pub(super) fn add(template: &mut Template) {
    let identity = choose("HasMailDomain", reference("MailDomain"), reference("MailFrom"));
    let properties = json!({
        "EmailIdentity": identity,
        "ConfigurationSetAttributes": { "ConfigurationSetName": reference("MailConfigurationSet") },
    });
    template.add("MailIdentity", Resource::new("AWS::SES::EmailIdentity", properties));
    let properties = json!({
        "Name": reference("Name"),
        "DeliveryOptions": { "TlsPolicy": "REQUIRE" },
        "ReputationOptions": { "ReputationMetricsEnabled": true },
        "SendingOptions": { "SendingEnabled": true },
        "SuppressionOptions": { "SuppressedReasons": ["BOUNCE", "COMPLAINT"] },
    });
    template.add("MailConfigurationSet", Resource::new("AWS::SES::ConfigurationSet", properties));
    add_topic(template, "MailEventsTopic", "${Name}-mail-events", &["ses.amazonaws.com"]);
    let properties = json!({
        "ConfigurationSetName": reference("MailConfigurationSet"),
        "EventDestination": {
            "Name": "bounces",
            "Enabled": true,
            "MatchingEventTypes": ["bounce", "complaint", "reject"],
            "SnsDestination": { "TopicARN": reference("MailEventsTopic") },
        },
    });
    let destination = Resource::new("AWS::SES::ConfigurationSetEventDestination", properties);
    template.add("MailEvents", destination.after(["MailEventsTopicPolicy"]));
    template.export("MailIdentityArn", "Whose mails are sent", identity_arn());
}
