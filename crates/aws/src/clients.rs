//! The clients of the services, made once.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::tls;
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;

/// How long to wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// How long one attempt at a call may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);

/// How often a call is tried in all.
const ATTEMPTS: u32 = 4;

/// A client of each service that this home is made of. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Clients {
    /// Orders, stock, customers, payments and the outbox.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// Receipts.
    pub s3: aws_sdk_s3::Client,
    /// Mail.
    pub ses: aws_sdk_sesv2::Client,
    /// Topics.
    pub sns: aws_sdk_sns::Client,
    /// Queues.
    pub sqs: aws_sdk_sqs::Client,
    /// The event bus.
    pub events: aws_sdk_eventbridge::Client,
    /// Executions.
    pub step_functions: aws_sdk_sfn::Client,
    /// Keys.
    pub secrets: aws_sdk_secretsmanager::Client,
    /// Alarms.
    pub cloudwatch: aws_sdk_cloudwatch::Client,
}

/// The configuration of the environment: region, credentials, `AWS_ENDPOINT_URL`.
pub async fn sdk_config() -> SdkConfig {
    let tls = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    let timeouts =
        TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_attempt_timeout(ATTEMPT_TIMEOUT).build();
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().tls_provider(tls).build_https())
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts)
        .load()
        .await
}

/// A client of that SDK crate, watched by the observer where there is one.
macro_rules! client {
    ($sdk:ident, $config:expr, $observer:expr) => {{
        let mut builder = $sdk::config::Builder::from($config);
        if let Some(observer) = $observer {
            builder.push_interceptor(observer.clone());
        }
        builder
    }};
}

impl Clients {
    /// Clients of that configuration.
    pub fn new(config: &SdkConfig) -> Self {
        Self::made(config, None)
    }

    /// Clients whose every call the observer sees.
    pub fn observed(config: &SdkConfig, observer: SharedInterceptor) -> Self {
        Self::made(config, Some(&observer))
    }

    fn made(config: &SdkConfig, observer: Option<&SharedInterceptor>) -> Self {
        // Only AWS itself has a host name for every bucket.
        let path_style = config.endpoint_url().is_some();
        let s3 = client!(aws_sdk_s3, config, observer).force_path_style(path_style).build();
        Self {
            dynamodb: aws_sdk_dynamodb::Client::from_conf(client!(aws_sdk_dynamodb, config, observer).build()),
            s3: aws_sdk_s3::Client::from_conf(s3),
            ses: aws_sdk_sesv2::Client::from_conf(client!(aws_sdk_sesv2, config, observer).build()),
            sns: aws_sdk_sns::Client::from_conf(client!(aws_sdk_sns, config, observer).build()),
            sqs: aws_sdk_sqs::Client::from_conf(client!(aws_sdk_sqs, config, observer).build()),
            events: aws_sdk_eventbridge::Client::from_conf(client!(aws_sdk_eventbridge, config, observer).build()),
            step_functions: aws_sdk_sfn::Client::from_conf(client!(aws_sdk_sfn, config, observer).build()),
            secrets: aws_sdk_secretsmanager::Client::from_conf(
                client!(aws_sdk_secretsmanager, config, observer).build(),
            ),
            cloudwatch: aws_sdk_cloudwatch::Client::from_conf(client!(aws_sdk_cloudwatch, config, observer).build()),
        }
    }
}
