//! A network for the functions, with endpoints for all that they reach and no way to anything else.

use serde_json::{Value, json};

use super::functions::{add_log_group, trust_from_account};
use super::template::{Resource, Template};
use super::values::{arn_text, attribute, reference, text};

const CONDITION: &str = "UsesVpc";

/// What functions reach over endpoints in the subnets. S3 and DynamoDB have endpoints in the route table.
const INTERFACE_ENDPOINTS: [&str; 9] =
    ["email", "events", "kms", "logs", "monitoring", "secretsmanager", "sns", "sqs", "states"];

/// Adds the network, when it is wished for.
pub(super) fn add(template: &mut Template) {
    template.parameter(
        "VpcCidr",
        json!({
            "Type": "String",
            "Default": "10.42.0.0/16",
            "AllowedPattern": r"(\d{1,3}\.){3}\d{1,3}/(1[6-9]|2[0-4])",
            "ConstraintDescription": "an IPv4 range of 16 to 24 bits, such as 10.42.0.0/16",
            "Description": "The range of the network, when EnableVpc is true",
        }),
    );
    let properties = json!({ "CidrBlock": reference("VpcCidr"), "EnableDnsHostnames": true, "EnableDnsSupport": true });
    put(template, "Vpc", "AWS::EC2::VPC", properties);
    put(template, "PrivateRoutes", "AWS::EC2::RouteTable", json!({ "VpcId": reference("Vpc") }));
    for (place, letter) in ["A", "B"].into_iter().enumerate() {
        let id = format!("PrivateSubnet{letter}");
        let properties = json!({
            "VpcId": reference("Vpc"),
            "AvailabilityZone": { "Fn::Select": [place, { "Fn::GetAZs": "" }] },
            "CidrBlock": { "Fn::Select": [place, { "Fn::Cidr": [reference("VpcCidr"), 2, 7] }] },
        });
        put(template, &id, "AWS::EC2::Subnet", properties);
        let properties = json!({ "SubnetId": reference(&id), "RouteTableId": reference("PrivateRoutes") });
        put(template, &format!("{id}Routes"), "AWS::EC2::SubnetRouteTableAssociation", properties);
    }
    let tls = |description: &str, ends: Value| {
        let mut rule = json!({ "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "Description": description });
        for (name, value) in ends.as_object().into_iter().flatten() {
            rule[name.as_str()] = value.clone();
        }
        rule
    };
    let properties = json!({
        "GroupDescription": "Functions: TLS to the endpoints",
        "VpcId": reference("Vpc"),
        // The gateway endpoints answer from public addresses; the route table leads nowhere else.
        "SecurityGroupEgress": [tls("AWS, over the endpoints", json!({ "CidrIp": "0.0.0.0/0" }))],
    });
    put(template, "FunctionsSecurityGroup", "AWS::EC2::SecurityGroup", properties);
    let from_functions = json!({ "SourceSecurityGroupId": attribute("FunctionsSecurityGroup", "GroupId") });
    let properties = json!({
        "GroupDescription": "Endpoints: TLS from functions",
        "VpcId": reference("Vpc"),
        "SecurityGroupIngress": [tls("Functions", from_functions)],
        "SecurityGroupEgress": [tls("Within the network", json!({ "CidrIp": reference("VpcCidr") }))],
    });
    put(template, "EndpointsSecurityGroup", "AWS::EC2::SecurityGroup", properties);
    for service in ["dynamodb", "s3"] {
        let properties = json!({
            "VpcId": reference("Vpc"),
            "VpcEndpointType": "Gateway",
            "ServiceName": service_name(service),
            "RouteTableIds": [reference("PrivateRoutes")],
        });
        put(template, &endpoint_id(service), "AWS::EC2::VPCEndpoint", properties);
    }
    for service in INTERFACE_ENDPOINTS {
        let properties = json!({
            "VpcId": reference("Vpc"),
            "VpcEndpointType": "Interface",
            "ServiceName": service_name(service),
            "PrivateDnsEnabled": true,
            "SubnetIds": [reference("PrivateSubnetA"), reference("PrivateSubnetB")],
            "SecurityGroupIds": [attribute("EndpointsSecurityGroup", "GroupId")],
        });
        put(template, &endpoint_id(service), "AWS::EC2::VPCEndpoint", properties);
    }
    add_flow_log(template);
    let subnets = text("${PrivateSubnetA},${PrivateSubnetB}");
    template.export_if(CONDITION, "PrivateSubnets", "Where functions run", subnets);
    let group = attribute("FunctionsSecurityGroup", "GroupId");
    template.export_if(CONDITION, "FunctionsSecurityGroup", "What functions may reach", group);
}

fn add_flow_log(template: &mut Template) {
    add_log_group(template, "FlowLogGroup", "/aws/vpc/${Name}");
    let properties = json!({
        "AssumeRolePolicyDocument": trust_from_account("vpc-flow-logs.amazonaws.com"),
        "Policies": [{
            "PolicyName": "flow-log",
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Allow",
                    "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                    "Resource": text(arn_text("logs", "log-group:/aws/vpc/${Name}:*")),
                }],
            },
        }],
    });
    put(template, "FlowLogRole", "AWS::IAM::Role", properties);
    let properties = json!({
        "ResourceId": reference("Vpc"),
        "ResourceType": "VPC",
        "TrafficType": "ALL",
        "LogGroupName": reference("FlowLogGroup"),
        "DeliverLogsPermissionArn": attribute("FlowLogRole", "Arn"),
    });
    put(template, "FlowLog", "AWS::EC2::FlowLog", properties);
}

fn put(template: &mut Template, id: &str, kind: &str, properties: Value) {
    template.add(id, Resource::new(kind, properties).only_if(CONDITION));
}

fn service_name(service: &str) -> Value {
    text(format!("com.amazonaws.${{AWS::Region}}.{service}"))
}

fn endpoint_id(service: &str) -> String {
    format!("{}Endpoint", crate::workflow::logical(service))
}
