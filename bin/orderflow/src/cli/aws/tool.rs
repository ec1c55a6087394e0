//! The programs that people deploy with, run as they would run them.

use std::ffi::OsStr;
use std::process::{ExitStatus, Output, Stdio};

use clap::Args;
use serde_json::Value;
use tokio::process::Command;

use crate::cli::Failure;

/// Which account and where: what the AWS CLI and Terraform take from the environment, said explicitly.
#[derive(Args, Clone, Default)]
pub struct Account {
    /// The profile of the AWS configuration to use
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// The region; the profile's own without it
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Speak to this endpoint instead of AWS, such as a local stand-in
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
}

impl Account {
    /// A program that will speak to this account.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let given = [
            ("AWS_PROFILE", &self.profile),
            ("AWS_REGION", &self.region),
            ("AWS_DEFAULT_REGION", &self.region),
            ("AWS_ENDPOINT_URL", &self.endpoint_url),
        ];
        for (variable, value) in given {
            if let Some(value) = value {
                command.env(variable, value);
            }
        }
        // Answers are read here, not by a person.
        command.env("AWS_PAGER", "").env("CHECKPOINT_DISABLE", "1").env("TF_IN_AUTOMATION", "1");
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// What `aws …` answers, read as JSON; nothing when it answers nothing.
    pub async fn aws(&self, arguments: &[&str]) -> Result<Value, Failure> {
        let output = self.output("aws", &[arguments, &["--output", "json"]].concat()).await?;
        if !output.status.success() {
            return Err(Failure::refused(told("aws", arguments, &output)));
        }
        if output.stdout.iter().all(u8::is_ascii_whitespace) {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&output.stdout)
            .map_err(|error| Failure::refused(format!("aws {}: its answer is not JSON: {error}", arguments.join(" "))))
    }

    /// Runs a program to its end, its words going straight to the person who waits.
    pub async fn show<A: AsRef<OsStr>>(&self, program: &str, arguments: &[A]) -> Result<(), Failure> {
        let status = self.command(program).args(arguments).status().await.map_err(|error| missing(program, &error))?;
        if status.success() { Ok(()) } else { Err(Failure::refused(format!("{program} ended with {}", code(status)))) }
    }

    /// What a program answers, whether it succeeded or not.
    pub async fn output<A: AsRef<OsStr>>(&self, program: &str, arguments: &[A]) -> Result<Output, Failure> {
        self.command(program).args(arguments).output().await.map_err(|error| missing(program, &error))
    }
}

/// A program's failure in its own words: the last lines of what it said.
fn told(program: &str, arguments: &[&str], output: &Output) -> String {
    /// How much of it helps.
    const LINES: usize = 5;

    let said = String::from_utf8_lossy(&output.stderr);
    let said: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let what = arguments.iter().take(2).copied().collect::<Vec<_>>().join(" ");
    match said.len() {
        0 => format!("{program} {what} ended with {}", code(output.status)),
        lines => format!("{program} {what}: {}", said[lines.saturating_sub(LINES)..].join("\n  ")),
    }
}

fn code(status: ExitStatus) -> String {
    status.code().map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"))
}

fn missing(program: &str, error: &std::io::Error) -> Failure {
    let home = match program {
        "aws" => "the AWS CLI: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html",
        "terraform" => "Terraform 1.9 or later: https://developer.hashicorp.com/terraform/install",
        other => other,
    };
    Failure::input(format!("{program} cannot be run ({error}); needed is {home}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_missing_program_is_named_with_where_to_get_it() {
        let failure = Account::default().output("orderflow-no-such-program", &["x"]).await.expect_err("it is missing");
        assert!(failure.message.contains("orderflow-no-such-program"), "{}", failure.message);
        assert_eq!(failure.code, 2);
    }

    #[tokio::test]
    async fn a_failure_is_told_in_the_program_s_own_words() {
        let script = "for n in 1 2 3 4 5 6; do echo line $n >&2; done; exit 3";
        let output =
            Account::default().output("sh", &["-c", script]).await.unwrap_or_else(|_| unreachable!("sh is there"));
        assert_eq!(told("sh", &["-c"], &output), "sh -c: line 2\n  line 3\n  line 4\n  line 5\n  line 6");
        let silent =
            Account::default().output("sh", &["-c", "exit 3"]).await.unwrap_or_else(|_| unreachable!("as above"));
        assert_eq!(told("sh", &["-c"], &silent), "sh -c ended with exit code 3");
    }

    #[tokio::test]
    async fn what_is_said_of_the_account_reaches_the_program() {
        let account = Account {
            profile: Some("shop".into()),
            region: Some("eu-central-1".into()),
            endpoint_url: Some("http://127.0.0.1:1".into()),
        };
        let output = account.output("sh", &["-c", "echo $AWS_PROFILE $AWS_REGION $AWS_ENDPOINT_URL"]).await;
        let said = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).ok();
        assert_eq!(said.as_deref(), Some("shop eu-central-1 http://127.0.0.1:1"));
    }
}
