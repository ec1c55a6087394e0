//! Names and the ARNs made of them, by AWS's rules.

/// The name is empty, too long, or holds a character that AWS does not allow in names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid Name: '{0}'")]
pub struct InvalidName(pub String);

/// The most characters of a name.
const MAX_NAME_CHARACTERS: usize = 80;

/// Checks the name of a state machine or execution
/// (<https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html>).
///
/// # Errors
///
/// [`InvalidName`] with the name.
pub fn validate_name(name: &str) -> Result<(), InvalidName> {
    let length = name.chars().count();
    if (1..=MAX_NAME_CHARACTERS).contains(&length) && name.chars().all(is_allowed) {
        Ok(())
    } else {
        Err(InvalidName(name.to_owned()))
    }
}

fn is_allowed(character: char) -> bool {
    !character.is_whitespace() && !character.is_control() && !"<>{}[]?*\"#%\\^|~`$&,;:/".contains(character)
}

/// What every ARN of this engine has in common.
#[derive(Clone, Debug)]
pub(crate) struct Arns {
    pub region: String,
    pub account_id: String,
}

impl Arns {
    pub(crate) fn state_machine(&self, name: &str) -> String {
        format!("arn:aws:states:{}:{}:stateMachine:{name}", self.region, self.account_id)
    }

    pub(crate) fn execution(&self, state_machine_name: &str, name: &str) -> String {
        format!("arn:aws:states:{}:{}:execution:{state_machine_name}:{name}", self.region, self.account_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules_of_aws() {
        for good in ["a", "checkout", "018f-Order_7.v2", "Bestellung-ä", &"x".repeat(80)] {
            assert_eq!(validate_name(good), Ok(()), "{good}");
        }
        for bad in ["", " ", "a b", "a/b", "a:b", "a*", "{a}", "a\u{7f}", "a\u{85}", &"x".repeat(81)] {
            assert_eq!(validate_name(bad), Err(InvalidName(bad.to_owned())), "{bad}");
        }
    }
}
