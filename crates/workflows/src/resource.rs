//! What a Task state's `Resource` stands for.

/// Something that a task can be handed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource<'a> {
    /// `arn:aws:lambda:…:function:Name`: a step, or what claims to be one.
    Step(&'a str),
    /// `arn:aws:states:::sns:publish`
    SnsPublish,
    /// `arn:aws:states:::events:putEvents`
    PutEvents,
    /// `arn:aws:states:::sqs:sendMessage`
    SendMessage,
}

impl<'a> Resource<'a> {
    /// What the ARN stands for; nothing when tasks of its kind are run nowhere.
    #[must_use]
    pub fn parse(resource: &'a str) -> Option<Self> {
        match resource {
            "arn:aws:states:::sns:publish" => Some(Self::SnsPublish),
            "arn:aws:states:::events:putEvents" => Some(Self::PutEvents),
            "arn:aws:states:::sqs:sendMessage" => Some(Self::SendMessage),
            _ => {
                let (service, function) = resource.split_once(":function:")?;
                service.starts_with("arn:aws:lambda:").then_some(Self::Step(function))
            }
        }
    }

    /// Whether tasks of that resource can be run; the error says what is known.
    pub(crate) fn check(resource: &str) -> Result<(), String> {
        match Resource::parse(resource) {
            Some(Resource::Step(name)) if steps::registry::find(name).is_none() => {
                let known: Vec<&str> = steps::registry::all().iter().map(|step| step.name()).collect();
                Err(format!("there is no step {name}; there are {}", known.join(", ")))
            }
            Some(_) => Ok(()),
            None => Err(format!(
                "{resource} cannot be run here: expected a step such as ${{ReserveStockArn}}, or the integration \
                 sns:publish, events:putEvents or sqs:sendMessage"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_run_is_accepted() {
        for (resource, runs) in [
            ("arn:aws:lambda:eu-central-1:123456789012:function:ReserveStock", true),
            ("arn:aws:lambda:eu-central-1:123456789012:function:Reserve", false),
            ("arn:aws:states:::sns:publish", true),
            ("arn:aws:states:::dynamodb:putItem", false),
            ("ReserveStock", false),
        ] {
            assert_eq!(Resource::check(resource).is_ok(), runs, "{resource}");
        }
    }
}
