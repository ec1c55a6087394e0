//! The web app: a private bucket behind CloudFront, which alone may read it.

use serde_json::{Value, json};

use super::storage::{abandoned_uploads, add_policy, bucket};
use super::template::{Resource, Template};
use super::values::{attribute, choose, is_given, nothing, reference, text, when};

const CONDITION: &str = "HasWeb";

/// Policies that CloudFront itself offers (developer guide, "Use managed cache policies" and "… origin request policies").
const CACHING_OPTIMIZED: &str = "658327ea-f89d-4fab-a63d-7e88639e58f6";
const CACHING_DISABLED: &str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
const ALL_VIEWER_EXCEPT_HOST_HEADER: &str = "b689b0a8-53d0-40ab-baf2-38738e2966ac";

/// Nothing inline, nothing from elsewhere.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                      connect-src 'self'; manifest-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; \
                      frame-ancestors 'none'";

const PAGES: &str = include_str!("../../../../infra/cloudfront/pages.js");
const STRIP_API: &str = include_str!("../../../../infra/cloudfront/strip-api.js");

/// Adds the bucket and the distribution, when they are wished for.
pub(super) fn add(template: &mut Template) {
    add_parameters(template);
    // CloudFront reads it, under S3's key; the app is no secret.
    let properties = bucket("web", json!({ "SSEAlgorithm": "AES256" }), json!([abandoned_uploads()]));
    let files = Resource::new("AWS::S3::Bucket", properties)
        .only_if(CONDITION)
        .exempt("CKV_AWS_21", "the app's files are built from the sources; no version is worth keeping");
    template.add("WebBucket", files);
    let reads = json!({
        "Sid": "Distribution",
        "Effect": "Allow",
        "Principal": { "Service": "cloudfront.amazonaws.com" },
        "Action": "s3:GetObject",
        "Resource": text("${WebBucket.Arn}/*"),
        "Condition": { "StringEquals": { "aws:SourceArn": text(
            "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}"
        ) } },
    });
    add_policy(template, "WebBucket", vec![reads]);
    let access = json!({ "OriginAccessControlConfig": {
        "Name": text("${Name}-web-${AWS::Region}"),
        "OriginAccessControlOriginType": "s3",
        "SigningBehavior": "always",
        "SigningProtocol": "sigv4",
    } });
    put(template, "WebAccess", "AWS::CloudFront::OriginAccessControl", access);
    add_headers(template);
    for (id, name, code) in [("PagesFunction", "pages", PAGES), ("StripApiFunction", "strip-api", STRIP_API)] {
        let properties = json!({
            "Name": text(format!("${{Name}}-{name}-${{AWS::Region}}")),
            "AutoPublish": true,
            "FunctionCode": code,
            "FunctionConfig": { "Comment": text(format!("OrderFlow: {name}")), "Runtime": "cloudfront-js-2.0" },
        });
        put(template, id, "AWS::CloudFront::Function", properties);
    }
    let distribution = Resource::new("AWS::CloudFront::Distribution", json!({ "DistributionConfig": distribution() }))
        .only_if(CONDITION)
        .exempt("CKV_AWS_86", "its logs would hold visitors' addresses; metrics tell of errors and traffic")
        .exempt(
            "CKV_AWS_174",
            "TLS 1.2 of 2021 with a certificate of one's own; CloudFront's own name allows no choice",
        );
    let distribution = distribution
        .exempt_from_lint("W1030", "the certificate is only referred to when the domain it is for is given");
    template.add("Distribution", distribution);
    template.output("WebBucketName", "Where the web app's files go", reference("WebBucket"));
    template.output("WebUrl", "Where the web app is", text("https://${Distribution.DomainName}"));
    for name in ["WebBucketName", "WebUrl"] {
        template.output_only_if(name, CONDITION);
    }
}

fn add_parameters(template: &mut Template) {
    for (name, pattern, expected, description) in [
        ("WebDomain", r"(|([a-z0-9-]+\.)+[a-z]{2,})", "a domain in lower case, or nothing", "The web app's own domain"),
        (
            "WebCertificateArn",
            r"(|arn:aws[a-z-]*:acm:us-east-1:\d{12}:certificate/.+)",
            "the ARN of a certificate in us-east-1, or nothing",
            "The certificate of that domain, which CloudFront wants in us-east-1",
        ),
        (
            "WebFirewallArn",
            r"(|arn:aws[a-z-]*:wafv2:us-east-1:\d{12}:global/webacl/.+)",
            "the ARN of a web ACL of scope CLOUDFRONT, or nothing",
            "A firewall for the web app, which CloudFront wants in us-east-1",
        ),
        (
            "ApiDomain",
            r"(|[a-z0-9.-]+\.[a-z]{2,})",
            "a domain, or nothing",
            "The domain of the workflow's API that the web app finds at /api, such as abc123.execute-api.eu-central-1.amazonaws.com",
        ),
        ("ApiStage", "[A-Za-z0-9_-]{1,128}", "the name of a stage", "The stage of that API"),
    ] {
        template.parameter(
            name,
            json!({
                "Type": "String",
                "Default": if name == "ApiStage" { "live" } else { "" },
                "AllowedPattern": pattern,
                "ConstraintDescription": expected,
                "Description": description,
            }),
        );
    }
    for (condition, parameter) in
        [("HasWebDomain", "WebDomain"), ("HasWebFirewall", "WebFirewallArn"), ("HasApiDomain", "ApiDomain")]
    {
        template.condition(condition, is_given(parameter));
    }
}

fn add_headers(template: &mut Template) {
    let properties = json!({ "ResponseHeadersPolicyConfig": {
        "Name": text("${Name}-web-${AWS::Region}"),
        "SecurityHeadersConfig": {
            "ContentSecurityPolicy": { "ContentSecurityPolicy": CONTENT_SECURITY_POLICY, "Override": true },
            "ContentTypeOptions": { "Override": true },
            "FrameOptions": { "FrameOption": "DENY", "Override": true },
            "ReferrerPolicy": { "ReferrerPolicy": "no-referrer", "Override": true },
            "StrictTransportSecurity": {
                "AccessControlMaxAgeSec": 63_072_000,
                "IncludeSubdomains": true,
                "Override": true,
                "Preload": true,
            },
        },
        "CustomHeadersConfig": { "Items": [
            { "Header": "Permissions-Policy", "Value": "camera=(), geolocation=(), microphone=()", "Override": true },
            { "Header": "Cross-Origin-Opener-Policy", "Value": "same-origin", "Override": true },
        ] },
    } });
    put(template, "WebHeaders", "AWS::CloudFront::ResponseHeadersPolicy", properties);
}

fn distribution() -> Value {
    let calls = |function: &str| json!([{ "EventType": "viewer-request", "FunctionARN": attribute(function, "FunctionMetadata.FunctionARN") }]);
    let api_origin = json!({
        "Id": "api",
        "DomainName": reference("ApiDomain"),
        "OriginPath": text("/${ApiStage}"),
        "CustomOriginConfig": { "OriginProtocolPolicy": "https-only", "OriginSSLProtocols": ["TLSv1.2"] },
    });
    let web_origin = json!({
        "Id": "web",
        "DomainName": attribute("WebBucket", "RegionalDomainName"),
        "OriginAccessControlId": attribute("WebAccess", "Id"),
        "S3OriginConfig": { "OriginAccessIdentity": "" },
    });
    let api_behaviour = json!({
        "PathPattern": "/api/*",
        "TargetOriginId": "api",
        "ViewerProtocolPolicy": "https-only",
        "AllowedMethods": ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"],
        "CachePolicyId": CACHING_DISABLED,
        "OriginRequestPolicyId": ALL_VIEWER_EXCEPT_HOST_HEADER,
        "FunctionAssociations": calls("StripApiFunction"),
    });
    json!({
        "Comment": text("OrderFlow: the web app of ${Name}"),
        "Enabled": true,
        "HttpVersion": "http2and3",
        "IPV6Enabled": true,
        "PriceClass": "PriceClass_100",
        "DefaultRootObject": "index.html",
        "Aliases": choose("HasWebDomain", json!([reference("WebDomain")]), nothing()),
        "Origins": [web_origin, when("HasApiDomain", api_origin)],
        "DefaultCacheBehavior": {
            "TargetOriginId": "web",
            "ViewerProtocolPolicy": "redirect-to-https",
            "AllowedMethods": ["GET", "HEAD"],
            "CachePolicyId": CACHING_OPTIMIZED,
            "Compress": true,
            "FunctionAssociations": calls("PagesFunction"),
            "ResponseHeadersPolicyId": reference("WebHeaders"),
        },
        "CacheBehaviors": [when("HasApiDomain", api_behaviour)],
        "ViewerCertificate": choose(
            "HasWebDomain",
            json!({
                "AcmCertificateArn": reference("WebCertificateArn"),
                "MinimumProtocolVersion": "TLSv1.2_2021",
                "SslSupportMethod": "sni-only",
            }),
            json!({ "CloudFrontDefaultCertificate": true }),
        ),
        "WebACLId": when("HasWebFirewall", reference("WebFirewallArn")),
    })
}

fn put(template: &mut Template, id: &str, kind: &str, properties: Value) {
    template.add(id, Resource::new(kind, properties).only_if(CONDITION));
}
