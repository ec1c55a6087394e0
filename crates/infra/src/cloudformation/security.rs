//! Keys, customers, and the firewall.

use serde_json::{Value, json};

use super::functions::{add_log_group, trust_from_account};
use super::queues::key_arn;
use super::template::{Resource, Template};
use super::values::{arn_text, attribute, choose, reference, text, when};

/// Services that read and write what is encrypted under the customer's key, in the name of this account.
const SERVICES_WITH_THE_KEY: [&str; 9] = [
    "cloudwatch.amazonaws.com",
    "delivery.logs.amazonaws.com",
    "events.amazonaws.com",
    "lambda.amazonaws.com",
    "pipes.amazonaws.com",
    "s3.amazonaws.com",
    "scheduler.amazonaws.com",
    "ses.amazonaws.com",
    "sns.amazonaws.com",
];

/// Adds the customer's key, when it is wished for.
pub(super) fn add_key(template: &mut Template) {
    let actions = json!(["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]);
    let document = json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Account",
                "Effect": "Allow",
                "Principal": { "AWS": text("arn:${AWS::Partition}:iam::${AWS::AccountId}:root") },
                "Action": "kms:*",
                "Resource": "*",
            },
            {
                "Sid": "Services",
                "Effect": "Allow",
                "Principal": { "Service": SERVICES_WITH_THE_KEY },
                "Action": actions,
                "Resource": "*",
                "Condition": { "StringEquals": { "aws:SourceAccount": reference("AWS::AccountId") } },
            },
            {
                "Sid": "Logs",
                "Effect": "Allow",
                "Principal": { "Service": text("logs.${AWS::Region}.${AWS::URLSuffix}") },
                "Action": actions,
                "Resource": "*",
                "Condition": { "ArnLike": { "kms:EncryptionContext:aws:logs:arn": text(arn_text("logs", "*")) } },
            },
        ],
    });
    let properties = json!({
        "Description": text("OrderFlow: everything of ${Name}"),
        "EnableKeyRotation": true,
        "KeyPolicy": document,
    });
    template.add("Key", Resource::new("AWS::KMS::Key", properties).kept().only_if("UsesCustomerKey"));
    let properties = json!({ "AliasName": text("alias/${Name}"), "TargetKeyId": reference("Key") });
    template.add("KeyAlias", Resource::new("AWS::KMS::Alias", properties).only_if("UsesCustomerKey"));
    template.export_if("UsesCustomerKey", "KeyArn", "The customer's key", attribute("Key", "Arn"));
}

/// Adds the operator's key and the one that access tokens are made with.
pub(super) fn add_keys_of_the_shop(template: &mut Template) {
    let properties = json!({
        "Name": text("${Name}/keys"),
        "Description": "The operator's key, and the key that access tokens are made with",
        "GenerateSecretString": {
            "SecretStringTemplate": text(r#"{"operator_key":"${OperatorKey}"}"#),
            "GenerateStringKey": "signing_key",
            "PasswordLength": 64,
            "ExcludePunctuation": true,
        },
        "KmsKeyId": when("UsesCustomerKey", key_arn(template)),
    });
    template.add("Keys", Resource::new("AWS::SecretsManager::Secret", properties).kept());
}

/// Adds the customers who can sign in.
pub(super) fn add_user_pool(template: &mut Template) {
    let properties = json!({
        "UserPoolName": text("${Name}-customers"),
        "AccountRecoverySetting": { "RecoveryMechanisms": [{ "Name": "verified_email", "Priority": 1 }] },
        "AdminCreateUserConfig": { "AllowAdminCreateUserOnly": true },
        "AutoVerifiedAttributes": ["email"],
        "DeletionProtection": choose("ProtectsUsers", "ACTIVE".into(), "INACTIVE".into()),
        "EnabledMfas": ["SOFTWARE_TOKEN_MFA"],
        "MfaConfiguration": "OPTIONAL",
        "Policies": { "PasswordPolicy": {
            "MinimumLength": 12,
            "RequireLowercase": true,
            "RequireNumbers": true,
            "RequireSymbols": false,
            "RequireUppercase": true,
            "TemporaryPasswordValidityDays": 3,
        } },
        "UsernameAttributes": ["email"],
        "UsernameConfiguration": { "CaseSensitive": false },
    });
    template.condition("ProtectsUsers", super::values::parameter_is("DeletionProtection", "true"));
    template.add("UserPool", Resource::new("AWS::Cognito::UserPool", properties).kept());
    let properties = json!({
        "ClientName": text("${Name}-shop"),
        "UserPoolId": reference("UserPool"),
        "ExplicitAuthFlows": ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"],
        "AccessTokenValidity": 1,
        "IdTokenValidity": 1,
        "RefreshTokenValidity": 30,
        "TokenValidityUnits": { "AccessToken": "hours", "IdToken": "hours", "RefreshToken": "days" },
        "EnableTokenRevocation": true,
        "PreventUserExistenceErrors": "ENABLED",
    });
    template.add("UserPoolClient", Resource::new("AWS::Cognito::UserPoolClient", properties));
    template.export("UserPoolArn", "The customers who can sign in", attribute("UserPool", "Arn"));
    template.output("UserPoolId", "The same, as tools want it", reference("UserPool"));
    template.output("UserPoolClientId", "What the shop signs customers in as", reference("UserPoolClient"));
}

/// Adds the firewall that stands before the APIs.
pub(super) fn add_firewall(template: &mut Template) {
    let managed = [
        ("reputation", "AWSManagedRulesAmazonIpReputationList"),
        ("common", "AWSManagedRulesCommonRuleSet"),
        ("bad-inputs", "AWSManagedRulesKnownBadInputsRuleSet"),
    ];
    let mut rules = vec![json!({
        "Name": "rate",
        "Priority": 0,
        "Action": { "Block": {} },
        "Statement": { "RateBasedStatement": { "AggregateKeyType": "IP", "Limit": reference("RateLimit") } },
        "VisibilityConfig": visibility("rate"),
    })];
    for (priority, (name, group)) in managed.into_iter().enumerate() {
        rules.push(json!({
            "Name": name,
            "Priority": priority + 1,
            "OverrideAction": { "None": {} },
            "Statement": { "ManagedRuleGroupStatement": { "VendorName": "AWS", "Name": group } },
            "VisibilityConfig": visibility(name),
        }));
    }
    let properties = json!({
        "Name": reference("Name"),
        "Description": "Before the APIs of the installation",
        "Scope": "REGIONAL",
        "DefaultAction": { "Allow": {} },
        "Rules": rules,
        "VisibilityConfig": visibility("web-acl"),
    });
    template.add("Firewall", Resource::new("AWS::WAFv2::WebACL", properties).only_if("HasWaf"));
    add_log_group(template, "FirewallLogGroup", "aws-waf-logs-${Name}");
    let properties = json!({
        "ResourceArn": attribute("Firewall", "Arn"),
        "LogDestinationConfigs": [text(arn_text("logs", "log-group:aws-waf-logs-${Name}"))],
        // An operator's key is nothing for logs, nor is a customer's token.
        "RedactedFields": [{ "SingleHeader": { "Name": "authorization" } }, { "QueryString": {} }],
    });
    let logging = Resource::new("AWS::WAFv2::LoggingConfiguration", properties).only_if("HasWaf");
    template.add("FirewallLogging", logging.after(["FirewallLogGroup"]));
    template.export_if("HasWaf", "WebAclArn", "The firewall", attribute("Firewall", "Arn"));
}

/// Lets API Gateway write logs: one setting for an account and region.
pub(super) fn add_gateway_logging(template: &mut Template) {
    let policy = "arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs";
    let properties = json!({
        "AssumeRolePolicyDocument": trust_from_account("apigateway.amazonaws.com"),
        "ManagedPolicyArns": [text(policy)],
    });
    template.add("GatewayLogsRole", Resource::new("AWS::IAM::Role", properties).only_if("ConfiguresLogging"));
    let properties = json!({ "CloudWatchRoleArn": attribute("GatewayLogsRole", "Arn") });
    let account = Resource::new("AWS::ApiGateway::Account", properties).only_if("ConfiguresLogging");
    template.add("GatewayAccount", account);
}

fn visibility(name: &str) -> Value {
    json!({
        "CloudWatchMetricsEnabled": true,
        "MetricName": text(format!("${{Name}}-{name}")),
        "SampledRequestsEnabled": false,
    })
}
