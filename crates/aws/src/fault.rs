//! Why a service did not do what it was asked, in words that may be shown.

use adapter::{Failure, FailureKind};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use ports::StepError;

/// What went wrong, by the name that AWS gives it. Its message is left out: it may repeat what was sent.
pub(crate) fn reason<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    match error {
        SdkError::ServiceError(answer) => answer.err().code().unwrap_or("an error without a name").to_owned(),
        SdkError::TimeoutError(_) => "no answer in time".to_owned(),
        SdkError::DispatchFailure(_) => "no connection".to_owned(),
        SdkError::ResponseError(_) => "an answer that cannot be read".to_owned(),
        _ => "the request could not be made".to_owned(),
    }
}

/// How services call it when we are too fast for them.
const THROTTLED: [&str; 9] = [
    "ExecutionLimitExceeded",
    "KMSThrottlingException",
    "LimitExceededException",
    "RequestThrottled",
    "Throttled",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// Why something was not delivered: a service's error, permanent when it is one of those names.
pub(crate) fn failure<E: ProvideErrorMetadata, R>(
    service: &str,
    error: &SdkError<E, R>,
    permanent: &[&str],
) -> Failure {
    refusal(service, &reason(error), permanent)
}

/// The same of an error that came as its name alone.
pub(crate) fn refusal(service: &str, name: &str, permanent: &[&str]) -> Failure {
    let kind = match name {
        _ if permanent.contains(&name) => FailureKind::Permanent,
        _ if THROTTLED.contains(&name) => FailureKind::Throttled,
        _ => FailureKind::Passing,
    };
    Failure { message: format!("{service} did not take it: {name}"), kind }
}

/// Whether it is the error of that name.
pub(crate) fn is<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>, name: &str) -> bool {
    error.as_service_error().and_then(ProvideErrorMetadata::code) == Some(name)
}

/// What a step or a reader is told: trying again may help.
pub(crate) fn unavailable<E: ProvideErrorMetadata, R>(service: &str, error: &SdkError<E, R>) -> StepError {
    StepError::unavailable(format_args!("{service} does not answer: {}", reason(error)))
}
