//! `orderflow doctor --aws`: what would fail, before it does.

use clap::Args;
use serde_json::{Value, json};

use super::tool::Account;
use crate::cli::Failure;

#[derive(Args)]
#[command(after_help = "Examples:
  orderflow doctor --aws
  orderflow doctor --aws --profile shop --region eu-central-1 --orders-per-second 50

Exit code 1 when something would fail; a warning alone is no failure.")]
pub struct Options {
    /// Look at an AWS account: credentials, quotas, mail
    #[arg(long, required = true)]
    aws: bool,
    #[command(flatten)]
    account: Account,
    /// How many orders a second the account is to carry
    #[arg(long, default_value_t = 1.0, value_name = "N", value_parser = rate)]
    orders_per_second: f64,
    /// The address that mails are sent from, to see whether it is verified
    #[arg(long, value_name = "ADDRESS")]
    mail_from: Option<String>,
    /// Answer in JSON, for machines
    #[arg(long)]
    json: bool,
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate: &f64| rate.is_finite() && *rate > 0.0);
    rate.ok_or_else(|| "expected a number above 0".to_owned())
}

/// How long one order keeps functions busy altogether, in seconds: ten steps of some 50 ms on AWS, of
/// which `docs/scaling.md` has the derivation.
const FUNCTION_SECONDS_PER_ORDER: f64 = 0.5;
/// State transitions of one order of `checkout`.
const TRANSITIONS_PER_ORDER: f64 = 12.0;
/// Mails of one order.
const MAILS_PER_ORDER: f64 = 1.0;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    Good,
    Warning,
    Failing,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Verdict::Good => "ok",
            Verdict::Warning => "warning",
            Verdict::Failing => "FAILS",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug)]
struct Finding {
    what: &'static str,
    verdict: Verdict,
    words: String,
}

impl Finding {
    fn new(what: &'static str, verdict: Verdict, words: impl Into<String>) -> Self {
        Self { what, verdict, words: words.into() }
    }

    /// Of something that could not be looked at.
    fn unknown(what: &'static str, failure: &Failure) -> Self {
        Self::new(what, Verdict::Warning, format!("cannot be looked at: {}", failure.message))
    }
}

pub async fn run(options: Options) -> Result<(), Failure> {
    let findings = look(&options).await;
    let failing = findings.iter().filter(|finding| finding.verdict == Verdict::Failing).count();
    if options.json {
        let rows: Vec<Value> = findings
            .iter()
            .map(|finding| json!({ "check": finding.what, "verdict": finding.verdict.word(), "detail": finding.words }))
            .collect();
        println!("{}", json!({ "ok": failing == 0, "findings": rows }));
    } else {
        for finding in &findings {
            println!("{:<8} {:<28} {}", finding.verdict.word(), finding.what, finding.words);
        }
    }
    match failing {
        0 => Ok(()),
        1 => Err(Failure::refused("1 thing would fail")),
        more => Err(Failure::refused(format!("{more} things would fail"))),
    }
}

async fn look(options: &Options) -> Vec<Finding> {
    let account = &options.account;
    // Without these two there is nothing more to ask.
    let identity = match account.aws(&["sts", "get-caller-identity"]).await {
        Ok(identity) => identity,
        Err(failure) => return vec![Finding::new("credentials", Verdict::Failing, failure.message)],
    };
    let who = identity["Arn"].as_str().unwrap_or("nobody");
    let mut findings = vec![Finding::new("credentials", Verdict::Good, who)];
    findings.push(match region(account).await {
        Some(region) => Finding::new("region", Verdict::Good, region),
        None => Finding::new("region", Verdict::Failing, "none: give --region, or set one in the profile"),
    });
    let (lambda, quotas, mail) = tokio::join!(
        account.aws(&["lambda", "get-account-settings"]),
        account.aws(&["service-quotas", "list-service-quotas", "--service-code", "states"]),
        account.aws(&["sesv2", "get-account"]),
    );
    findings.push(lambda.map_or_else(
        |failure| Finding::unknown("Lambda concurrency", &failure),
        |settings| concurrency(&settings, options.orders_per_second),
    ));
    match quotas {
        Ok(quotas) => findings.extend(step_functions(&quotas, options.orders_per_second)),
        Err(failure) => findings.push(Finding::unknown("Step Functions quotas", &failure)),
    }
    match mail {
        Ok(state) => findings.extend(sending(&state, options.orders_per_second)),
        Err(failure) => findings.push(Finding::unknown("SES", &failure)),
    }
    if let Some(address) = &options.mail_from {
        let answer = account.aws(&["sesv2", "get-email-identity", "--email-identity", address]).await;
        findings.push(match answer {
            Ok(identity) if identity["VerifiedForSendingStatus"] == json!(true) => {
                Finding::new("SES sender", Verdict::Good, format!("{address} is verified"))
            }
            Ok(_) => Finding::new("SES sender", Verdict::Failing, format!("{address} is not verified yet")),
            Err(failure) => Finding::new("SES sender", Verdict::Failing, format!("{address}: {}", failure.message)),
        });
    }
    findings
}

/// The region that is meant.
pub async fn region(account: &Account) -> Option<String> {
    if let Some(region) = &account.region {
        return Some(region.clone());
    }
    for variable in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
        if let Some(region) = std::env::var(variable).ok().filter(|region| !region.is_empty()) {
            return Some(region);
        }
    }
    let output = account.output("aws", &["configure", "get", "region"]).await.ok()?;
    let region = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (!region.is_empty()).then_some(region)
}

fn concurrency(settings: &Value, orders_per_second: f64) -> Finding {
    const WHAT: &str = "Lambda concurrency";
    let limit = &settings["AccountLimit"];
    let Some(free) = limit["UnreservedConcurrentExecutions"].as_f64().or(limit["ConcurrentExecutions"].as_f64()) else {
        return Finding::new(WHAT, Verdict::Warning, "the account tells no limit");
    };
    let needed = (orders_per_second * FUNCTION_SECONDS_PER_ORDER).ceil().max(1.0);
    let words = format!("{free} at once, some {needed} needed");
    let verdict = match free {
        free if free < needed => Verdict::Failing,
        // Half of it is what a burst takes.
        free if free < needed * 2.0 => Verdict::Warning,
        _ => Verdict::Good,
    };
    Finding::new(WHAT, verdict, words)
}

fn step_functions(quotas: &Value, orders_per_second: f64) -> Vec<Finding> {
    let wanted = [
        ("Step Functions starts", "StartExecution", orders_per_second),
        ("Step Functions transitions", "StateTransition", orders_per_second * TRANSITIONS_PER_ORDER),
    ];
    let rows = quotas["Quotas"].as_array().map_or(&[][..], Vec::as_slice);
    let finding = |(what, action, needed): (&'static str, &str, f64)| {
        let refill = rows.iter().find(|row| {
            let name = row["QuotaName"].as_str().unwrap_or("").replace(' ', "").to_lowercase();
            name.contains(&action.to_lowercase()) && name.contains("refill") && !name.contains("express")
        });
        match refill.and_then(|row| row["Value"].as_f64()) {
            None => Finding::new(what, Verdict::Warning, "the account tells no quota"),
            Some(rate) if rate < needed => {
                Finding::new(what, Verdict::Failing, format!("{rate} a second, {needed} needed: ask for more"))
            }
            Some(rate) => Finding::new(what, Verdict::Good, format!("{rate} a second, {needed} needed")),
        }
    };
    wanted.map(finding).into()
}

fn sending(state: &Value, orders_per_second: f64) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.push(if state["SendingEnabled"] == json!(false) {
        Finding::new("SES sending", Verdict::Failing, "sending is switched off for this account")
    } else if state["ProductionAccessEnabled"] == json!(true) {
        Finding::new("SES sending", Verdict::Good, "out of the sandbox")
    } else {
        let words = "in the sandbox: only verified addresses get mail; ask for production access";
        Finding::new("SES sending", Verdict::Failing, words)
    });
    let needed = orders_per_second * MAILS_PER_ORDER;
    if let Some(rate) = state["SendQuota"]["MaxSendRate"].as_f64() {
        let verdict = if rate < needed { Verdict::Failing } else { Verdict::Good };
        findings.push(Finding::new("SES rate", verdict, format!("{rate} mails a second, {needed} needed")));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_account_s_concurrency_carries_little() {
        let settings = json!({ "AccountLimit": { "ConcurrentExecutions": 10, "UnreservedConcurrentExecutions": 10 } });
        for (rate, verdict) in [(1.0, Verdict::Good), (15.0, Verdict::Warning), (100.0, Verdict::Failing)] {
            assert_eq!(concurrency(&settings, rate).verdict, verdict, "{rate}");
        }
        assert_eq!(concurrency(&json!({}), 1.0).verdict, Verdict::Warning);
    }

    #[test]
    fn quotas_are_found_by_their_names() {
        let row = |name: &str, value: u32| json!({ "QuotaName": name, "Value": value });
        let quotas = json!({ "Quotas": [
            row("StartExecution throttle token bucket size", 1300),
            row("StartExecution throttle token refill rate per second", 300),
            row("StateTransition throttle token refill rate per second", 1500),
            row("StartExecution throttle token refill rate per second for EXPRESS workflows", 6000),
        ] });
        let verdicts =
            |rate| step_functions(&quotas, rate).into_iter().map(|finding| finding.verdict).collect::<Vec<_>>();
        assert_eq!(verdicts(100.0), [Verdict::Good, Verdict::Good]);
        assert_eq!(verdicts(200.0), [Verdict::Good, Verdict::Failing]);
        assert_eq!(verdicts(400.0), [Verdict::Failing, Verdict::Failing]);
        assert!(step_functions(&json!({}), 1.0).iter().all(|finding| finding.verdict == Verdict::Warning));
    }

    #[test]
    fn the_sandbox_and_a_low_rate_are_told() {
        let account = |production: bool| json!({ "SendingEnabled": true, "ProductionAccessEnabled": production, "SendQuota": { "MaxSendRate": 14.0 } });
        let verdicts =
            |state: &Value, rate| sending(state, rate).iter().map(|finding| finding.verdict).collect::<Vec<_>>();
        assert_eq!(verdicts(&account(false), 1.0), [Verdict::Failing, Verdict::Good]);
        assert_eq!(verdicts(&account(true), 20.0), [Verdict::Good, Verdict::Failing]);
        assert_eq!(verdicts(&json!({ "SendingEnabled": false }), 1.0), [Verdict::Failing]);
    }

    #[test]
    fn a_rate_is_a_number_above_nothing() {
        for text in ["0", "-1", "inf", "NaN", "many"] {
            assert!(rate(text).is_err(), "{text}");
        }
        assert_eq!(rate("0.5"), Ok(0.5));
    }
}
