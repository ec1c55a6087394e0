//! Buckets: private, encrypted, over TLS only, with a life cycle.

use serde_json::{Value, json};

use super::place::{bucket_arn, bucket_name};
use super::queues::key_arn;
use super::template::{Resource, Template};
use super::values::{attribute, choose, reference, text};

/// Adds the bucket of receipts, and the one that says who read what.
pub(super) fn add_receipts(template: &mut Template) {
    add_access_logs(template);
    let encryption = choose(
        "UsesCustomerKey",
        json!({ "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_arn(template) }),
        json!({ "SSEAlgorithm": "AES256" }),
    );
    let life = json!([
        { "Id": "old-receipts", "Status": "Enabled", "Transitions": [{ "StorageClass": "STANDARD_IA", "TransitionInDays": 90 }] },
        { "Id": "replaced-receipts", "Status": "Enabled", "NoncurrentVersionExpiration": { "NoncurrentDays": 30 } },
        abandoned_uploads(),
    ]);
    let mut properties = bucket("receipts", encryption, life);
    properties["VersioningConfiguration"] = json!({ "Status": "Enabled" });
    template.add("ReceiptsBucket", Resource::new("AWS::S3::Bucket", properties).kept());
    add_policy(template, "ReceiptsBucket", Vec::new());
}

/// A private bucket with access logs.
pub(super) fn bucket(name: &str, encryption: Value, life: Value) -> Value {
    let mut properties = private(name, encryption, life);
    properties["LoggingConfiguration"] =
        json!({ "DestinationBucketName": reference("AccessLogsBucket"), "LogFilePrefix": format!("{name}/") });
    properties
}

/// Adds a bucket's policy: TLS only, and what else is allowed.
pub(super) fn add_policy(template: &mut Template, id: &str, allowed: Vec<Value>) {
    let objects = json!([attribute(id, "Arn"), text(format!("${{{id}.Arn}}/*"))]);
    let mut statements = vec![json!({
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": objects,
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    })];
    statements.extend(allowed);
    let document = json!({ "Version": "2012-10-17", "Statement": statements });
    let mut resource =
        Resource::new("AWS::S3::BucketPolicy", json!({ "Bucket": reference(id), "PolicyDocument": document }));
    if id == "WebBucket" {
        resource = resource.only_if("HasWeb");
    }
    template.add(format!("{id}Policy"), resource);
}

/// Parts of uploads that never came to their end.
pub(super) fn abandoned_uploads() -> Value {
    json!({
        "Id": "abandoned-uploads",
        "Status": "Enabled",
        "AbortIncompleteMultipartUpload": { "DaysAfterInitiation": 7 },
    })
}

fn add_access_logs(template: &mut Template) {
    let life = json!([
        { "Id": "old-logs", "Status": "Enabled", "ExpirationInDays": 90 },
        abandoned_uploads(),
    ]);
    // S3 writes its access logs under its own key only.
    let properties = private("access-logs", json!({ "SSEAlgorithm": "AES256" }), life);
    template.add(
        "AccessLogsBucket",
        Resource::new("AWS::S3::Bucket", properties)
            .kept()
            .exempt("CKV_AWS_18", "it is where the logs of the other buckets go")
            .exempt("CKV_AWS_21", "logs are written once and expire"),
    );
    let writes = json!({
        "Sid": "AccessLogs",
        "Effect": "Allow",
        "Principal": { "Service": "logging.s3.amazonaws.com" },
        "Action": "s3:PutObject",
        "Resource": text("${AccessLogsBucket.Arn}/*"),
        "Condition": {
            "ArnLike": { "aws:SourceArn": [text(bucket_arn("receipts")), text(bucket_arn("web"))] },
            "StringEquals": { "aws:SourceAccount": reference("AWS::AccountId") },
        },
    });
    add_policy(template, "AccessLogsBucket", vec![writes]);
}

fn private(name: &str, encryption: Value, life: Value) -> Value {
    json!({
        "BucketName": bucket_name(name),
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [{
                "BucketKeyEnabled": true,
                "ServerSideEncryptionByDefault": encryption,
            }],
        },
        "LifecycleConfiguration": { "Rules": life },
        "OwnershipControls": { "Rules": [{ "ObjectOwnership": "BucketOwnerEnforced" }] },
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": true,
            "BlockPublicPolicy": true,
            "IgnorePublicAcls": true,
            "RestrictPublicBuckets": true,
        },
    })
}
