//! A template as it grows: parameters, conditions, resources, outputs.

use serde_json::{Map, Value, json};

use super::values::{reference, text};

/// Resource types that take tags as a list of `Key` and `Value`.
const TAGGED_BY_LIST: &[&str] = &[
    "AWS::ApiGateway::ApiKey",
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Stage",
    "AWS::ApiGateway::UsagePlan",
    "AWS::CloudFront::Distribution",
    "AWS::CloudWatch::Alarm",
    "AWS::DynamoDB::Table",
    "AWS::EC2::FlowLog",
    "AWS::EC2::RouteTable",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Subnet",
    "AWS::EC2::VPC",
    "AWS::Events::EventBus",
    "AWS::IAM::Role",
    "AWS::KMS::Key",
    "AWS::Lambda::Function",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::SecretsManager::Secret",
    "AWS::StepFunctions::StateMachine",
    "AWS::WAFv2::WebACL",
    "AWS::XRay::Group",
];

/// Resource types that take tags as an object, and the property it goes into.
const TAGGED_BY_OBJECT: &[(&str, &str)] = &[("AWS::Cognito::UserPool", "UserPoolTags"), ("AWS::Pipes::Pipe", "Tags")];

/// A template.
pub(super) struct Template {
    description: String,
    /// Names the stack in the tags: a workflow, or `shared`.
    part: String,
    parameters: Map<String, Value>,
    conditions: Map<String, Value>,
    resources: Map<String, Value>,
    outputs: Map<String, Value>,
    /// Names that were given twice.
    taken: Vec<String>,
}

/// A resource of a template.
pub(super) struct Resource {
    members: Map<String, Value>,
}

impl Resource {
    pub(super) fn new(kind: &str, properties: Value) -> Self {
        let mut members = Map::new();
        members.insert("Type".to_owned(), kind.into());
        members.insert("Properties".to_owned(), properties);
        Self { members }
    }

    /// It is only made under this condition.
    pub(super) fn only_if(mut self, condition: &str) -> Self {
        self.members.insert("Condition".to_owned(), condition.into());
        self
    }

    /// It is made after these.
    pub(super) fn after<S: Into<String>>(mut self, resources: impl IntoIterator<Item = S>) -> Self {
        let resources: Vec<String> = resources.into_iter().map(Into::into).collect();
        if !resources.is_empty() {
            self.members.insert("DependsOn".to_owned(), json!(resources));
        }
        self
    }

    /// What it holds outlives the stack. Only a stack that never came to be takes it along, so that a failed first
    /// deployment can be repeated.
    pub(super) fn kept(mut self) -> Self {
        self.members.insert("DeletionPolicy".to_owned(), "RetainExceptOnCreate".into());
        self.members.insert("UpdateReplacePolicy".to_owned(), "Retain".into());
        self
    }

    /// A finding of checkov that does not apply here, and why.
    pub(super) fn exempt(mut self, check: &str, reason: &str) -> Self {
        let metadata = self.members.entry("Metadata").or_insert_with(|| json!({}));
        let skipped = &mut metadata["checkov"]["skip"];
        if skipped.is_null() {
            *skipped = json!([]);
        }
        skipped.as_array_mut().expect("it is made above").push(json!({ "id": check, "comment": reason }));
        self
    }

    /// A finding of cfn-lint that does not apply here, and why.
    pub(super) fn exempt_from_lint(mut self, rule: &str, reason: &str) -> Self {
        let metadata = self.members.entry("Metadata").or_insert_with(|| json!({}));
        metadata["cfn-lint"] = json!({ "config": { "ignore_checks": [rule] }, "reason": reason });
        self
    }

    fn tag(&mut self, part: &str) {
        let kind = self.members["Type"].as_str().unwrap_or_default().to_owned();
        let tags = [("application", reference("Name")), ("part", part.into())];
        let properties = &mut self.members["Properties"];
        if TAGGED_BY_LIST.contains(&kind.as_str()) {
            let tags = tags.map(|(key, value)| json!({ "Key": key, "Value": value }));
            match properties.get_mut("Tags").and_then(Value::as_array_mut) {
                Some(own) => own.extend(tags),
                None => properties["Tags"] = json!(tags),
            }
        } else if let Some((_, property)) = TAGGED_BY_OBJECT.iter().find(|(tagged, _)| *tagged == kind) {
            properties[*property] = tags.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        }
    }
}

impl Template {
    pub(super) fn new(part: &str, description: &str) -> Self {
        Self {
            description: description.to_owned(),
            part: part.to_owned(),
            parameters: Map::new(),
            conditions: Map::new(),
            resources: Map::new(),
            outputs: Map::new(),
            taken: Vec::new(),
        }
    }

    pub(super) fn parameter(&mut self, name: &str, declaration: Value) {
        self.parameters.insert(name.to_owned(), declaration);
    }

    pub(super) fn condition(&mut self, name: &str, condition: Value) {
        self.conditions.insert(name.to_owned(), condition);
    }

    pub(super) fn add(&mut self, id: impl Into<String>, mut resource: Resource) {
        let id = id.into();
        resource.tag(&self.part);
        if self.resources.insert(id.clone(), Value::Object(resource.members)).is_some() {
            self.taken.push(id);
        }
    }

    /// What the stack tells of itself.
    pub(super) fn output(&mut self, name: &str, description: &str, value: Value) {
        self.outputs.insert(name.to_owned(), json!({ "Description": description, "Value": value }));
    }

    /// An output that is only there under a condition.
    pub(super) fn output_only_if(&mut self, name: &str, condition: &str) {
        self.outputs[name]["Condition"] = condition.into();
    }

    /// An output for other stacks to import as `${Name}-{name}`.
    pub(super) fn export(&mut self, name: &str, description: &str, value: Value) {
        self.output(name, description, value);
        self.outputs[name]["Export"] = json!({ "Name": text(format!("${{Name}}-{name}")) });
    }

    /// The same, when it is there at all.
    pub(super) fn export_if(&mut self, condition: &str, name: &str, description: &str, value: Value) {
        self.export(name, description, value);
        self.output_only_if(name, condition);
    }

    /// The names of all resources of a type, in the order of their adding.
    pub(super) fn resources_of_type(&self, kind: &str) -> Vec<String> {
        let of_type = self.resources.iter().filter(|(_, resource)| resource["Type"] == kind);
        of_type.map(|(id, _)| id.clone()).collect()
    }

    pub(super) fn resource(&self, id: &str) -> Option<&Value> {
        self.resources.get(id)
    }

    /// The finished template.
    ///
    /// # Errors
    /// The resources that two things of the workflow would both be.
    pub(super) fn finish(self) -> Result<Value, Vec<String>> {
        if !self.taken.is_empty() {
            return Err(self.taken);
        }
        let mut template = Map::new();
        template.insert("AWSTemplateFormatVersion".to_owned(), "2010-09-09".into());
        template.insert("Description".to_owned(), self.description.into());
        for (name, section) in [
            ("Parameters", self.parameters),
            ("Conditions", self.conditions),
            ("Resources", self.resources),
            ("Outputs", self.outputs),
        ] {
            if !section.is_empty() {
                template.insert(name.to_owned(), Value::Object(section));
            }
        }
        Ok(Value::Object(template))
    }
}
