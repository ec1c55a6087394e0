//! The shared stack: what all workflows of an installation have in common.

use serde_json::{Value, json};

use super::functions::{self, Calls, permission};
use super::parameters::{self, ADDRESS_OR_NOTHING, number};
use super::place::Place;
use super::template::{Resource, Template};
use super::values::{is_given, reference, text};
use super::{alarms, events, mail, network, queues, security, storage, tables, topics, web};
use crate::facts::Facts;
use crate::problem::Problem;

/// The shared stack's name in file names and tags. No workflow may have it.
pub const SHARED: &str = "shared";

const EXPIRE_RESERVATIONS: &str = "ExpireReservations";
const REBALANCE_STOCK: &str = "RebalanceStock";
const RECORD_BOUNCE: &str = "RecordBounce";
const SEED_INVENTORY: &str = "SeedInventory";

/// The template of the shared stack.
///
/// # Errors
/// A function of the stack that `infra/functions.json` does not know.
pub fn shared(facts: &Facts) -> Result<Value, Problem> {
    let description = "OrderFlow: what all workflows share. Made by `orderflow export cloudformation`.";
    let mut template = Template::new(SHARED, description);
    let place = Place::Shared;
    parameters::add_common(&mut template, None);
    add_parameters(&mut template);
    security::add_key(&mut template);
    network::add(&mut template);
    super::add_failures_queue(&mut template, &place);
    topics::add_topic(&mut template, "AlarmsTopic", "${Name}-alarms", &["cloudwatch.amazonaws.com"]);
    let properties =
        json!({ "TopicArn": reference("AlarmsTopic"), "Protocol": "email", "Endpoint": reference("AlarmEmail") });
    template.add("AlarmsSubscription", Resource::new("AWS::SNS::Subscription", properties).only_if("HasAlarmEmail"));
    tables::add(&mut template, "DataTable", "${Name}-data", &facts.data_table);
    storage::add_receipts(&mut template);
    let properties = json!({ "Name": reference("Name"), "KmsKeyIdentifier": super::values::when("UsesCustomerKey", queues::key_arn(&template)) });
    template.add("EventBus", Resource::new("AWS::Events::EventBus", properties));
    security::add_keys_of_the_shop(&mut template);
    security::add_user_pool(&mut template);
    security::add_firewall(&mut template);
    mail::add(&mut template);
    web::add(&mut template);
    add_functions(&mut template, &place, facts)?;
    security::add_gateway_logging(&mut template);
    for (name, description) in [
        ("LinkExpiresHours", "How long links to receipts are good"),
        ("MailFrom", "Whom mails are from"),
        ("ShopName", "The shop's name in mails"),
        ("StockShards", "Into how many counters the stock of a product is split"),
    ] {
        template.export(name, description, reference(name));
    }
    template.output("DataTableName", "What the shop knows", reference("DataTable"));
    template.output("ReceiptsBucketName", "Where receipts are", reference("ReceiptsBucket"));
    template.finish().map_err(|taken| Problem::new(SHARED, "", format!("is there twice: {}", taken.join(", "))))
}

fn add_parameters(template: &mut Template) {
    template.parameter(
        "AlarmEmail",
        json!({
            "Type": "String",
            "Default": "",
            "AllowedPattern": ADDRESS_OR_NOTHING,
            "ConstraintDescription": "a mail address, or nothing",
            "Description": "Who is told of alarms; nobody when empty",
        }),
    );
    template.condition("HasAlarmEmail", is_given("AlarmEmail"));
    template.parameter(
        "MailFrom",
        json!({
            "Type": "String",
            "AllowedPattern": r"[^@\s]+@[^@\s]+\.[^@\s]+",
            "ConstraintDescription": "a mail address",
            "Description": "The address that mails to customers come from; SES asks its owner",
        }),
    );
    template.parameter(
        "MailDomain",
        json!({
            "Type": "String",
            "Default": "",
            "AllowedPattern": r"(|([a-z0-9-]+\.)+[a-z]{2,})",
            "ConstraintDescription": "a domain in lower case, or nothing",
            "Description": "The domain of that address, when SES is to sign for all of it (DKIM); the address alone when empty",
        }),
    );
    template.condition("HasMailDomain", is_given("MailDomain"));
    template.parameter(
        "ShopName",
        json!({ "Type": "String", "Default": "OrderFlow", "AllowedPattern": ".+", "Description": "The shop's name in mails" }),
    );
    template.parameter(
        "OperatorKey",
        json!({
            "Type": "String",
            "NoEcho": true,
            "AllowedPattern": "[A-Za-z0-9_-]{24,128}",
            "ConstraintDescription": "24 to 128 letters, digits, hyphens and underscores",
            "Description": "The key that operators show",
        }),
    );
    number(template, "LinkExpiresHours", 168, (1, 168), "How long links to receipts are good: SigV4 allows seven days");
    number(template, "StockShards", 1, (1, 32), "Into how many counters the stock of a product is split");
    number(template, "RateLimit", 2_000, (100, 2_000_000), "Requests in five minutes that one address may make");
    parameters::choice(
        template,
        "EnableWeb",
        "true",
        &["true", "false"],
        "Whether the web app has a bucket behind CloudFront",
    );
    template.condition("HasWeb", super::values::parameter_is("EnableWeb", "true"));
    parameters::choice(
        template,
        "ConfigureApiGatewayLogging",
        "true",
        &["true", "false"],
        "Whether API Gateway may write logs in this account and region: one setting for all its APIs",
    );
    template.condition("ConfiguresLogging", super::values::parameter_is("ConfigureApiGatewayLogging", "true"));
}

fn add_functions(template: &mut Template, place: &Place<'_>, facts: &Facts) -> Result<(), Problem> {
    for (name, by_events) in
        [(EXPIRE_RESERVATIONS, true), (REBALANCE_STOCK, true), (RECORD_BOUNCE, true), (SEED_INVENTORY, false)]
    {
        let known = facts.function(name)?;
        functions::add(template, place, name, known, &Calls { by_events, fed_by: None });
        alarms::of_function(template, place, name, known);
    }
    events::add_schedule(template, "${Name}", EXPIRE_RESERVATIONS, "expire-reservations", "rate(1 minute)");
    events::add_schedule(template, "${Name}", REBALANCE_STOCK, "rebalance-stock", "rate(5 minutes)");
    let resource = permission(RECORD_BOUNCE, "sns.amazonaws.com", reference("MailEventsTopic"));
    template.add("RecordBouncePermission", resource);
    let properties = json!({
        "TopicArn": reference("MailEventsTopic"),
        "Protocol": "lambda",
        "Endpoint": super::values::attribute(&functions::function_id(RECORD_BOUNCE), "Arn"),
    });
    template.add("RecordBounceSubscription", Resource::new("AWS::SNS::Subscription", properties));
    template.output("SeedInventoryName", "Call it to fill the inventory", text(place.function_name(SEED_INVENTORY)));
    Ok(())
}
