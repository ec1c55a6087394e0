//! The web app, put where CloudFront finds it.

use std::collections::BTreeMap;
use std::path::Path;

use tempfile::TempDir;

use super::tool::Account;
use crate::cli::Failure;
use crate::runtime::web;

const INDEX: &str = "index.html";
/// Where the page says that the API is: as the server serves it, and behind CloudFront.
const API_BASE: [&str; 2] = [r#"name="api-base" content="""#, r#"name="api-base" content="/api""#];

/// Where an API answers, as the distribution asks for it.
#[derive(PartialEq, Eq)]
pub struct Api {
    pub domain: String,
    pub stage: String,
}

impl Api {
    /// From its URL: `https://{domain}/{stage}`.
    pub fn of(url: &str) -> Option<Self> {
        let (domain, stage) = url.strip_prefix("https://")?.split_once('/')?;
        Some(Self { domain: domain.to_owned(), stage: stage.to_owned() })
    }

    /// The one that Terraform was told before.
    pub fn told(outputs: &BTreeMap<String, String>) -> Option<Self> {
        let told = |name: &str| outputs.get(name).filter(|value| !value.is_empty()).cloned();
        Some(Self { domain: told("api_domain")?, stage: told("api_stage")? })
    }
}

/// The web app's bucket, of what all workflows share, as either tool answers it; nothing where there is none.
pub fn bucket(outputs: &BTreeMap<String, String>) -> Option<&str> {
    let bucket = ["WebBucketName", "web_bucket"].into_iter().find_map(|name| outputs.get(name))?;
    // Terraform answers what is not there with null.
    (!bucket.is_empty() && bucket != "null").then_some(bucket)
}

/// Uploads the files that are part of this program. What was there before stays: a page that is open asks for it.
pub async fn upload(account: &Account, bucket: &str) -> Result<(), Failure> {
    let folder = TempDir::new().map_err(unwritten)?;
    if write(folder.path()).map_err(unwritten)? == 0 {
        eprintln!("the web app is not part of this program, so that none was uploaded: make web, then build it anew");
        return Ok(());
    }
    let (folder, url) = (folder.path().to_string_lossy(), format!("s3://{bucket}"));
    // Names of assets change with their contents. The page that names them goes last, and is asked for each time.
    let (assets, there) = (format!("{folder}/assets"), format!("{url}/assets"));
    for arguments in [
        ["s3", "sync", &assets, &there, "--cache-control", "public, max-age=31536000, immutable"],
        ["s3", "cp", &format!("{folder}/{INDEX}"), &format!("{url}/{INDEX}"), "--cache-control", "no-cache"],
    ] {
        let output = account.output("aws", &arguments).await?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(Failure::refused(format!("the web app could not be uploaded: {}", said.trim())));
        }
    }
    Ok(())
}

/// Writes the files below a folder; how many there are.
fn write(folder: &Path) -> std::io::Result<usize> {
    let mut count = 0;
    for (path, content) in web::files() {
        let file = folder.join(&path);
        std::fs::create_dir_all(file.parent().unwrap_or(folder))?;
        if path == INDEX {
            std::fs::write(file, behind_cloudfront(&String::from_utf8_lossy(&content)))?;
        } else {
            std::fs::write(file, content)?;
        }
        count += 1;
    }
    Ok(count)
}

fn behind_cloudfront(page: &str) -> String {
    let [at_the_root, below] = API_BASE;
    page.replace(at_the_root, below)
}

fn unwritten(error: std::io::Error) -> Failure {
    Failure::input(format!("cannot write the web app's files: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_behind_cloudfront_says_where_the_api_is() {
        let page = include_str!("../../../../../web/index.html");
        assert!(behind_cloudfront(page).contains(r#"<meta name="api-base" content="/api" />"#));
    }

    #[test]
    fn an_api_is_told_by_its_domain_and_stage() {
        let api = Api::of("https://abc123.execute-api.eu-central-1.amazonaws.com/live").expect("it is one");
        assert_eq!((&*api.domain, &*api.stage), ("abc123.execute-api.eu-central-1.amazonaws.com", "live"));
        assert!(Api::of("").is_none());
        let outputs = |domain: &str| {
            [("api_domain", domain), ("api_stage", "live")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into()
        };
        assert_eq!(Api::told(&outputs("api.example")).map(|api| api.domain).as_deref(), Some("api.example"));
        assert!(Api::told(&outputs("")).is_none() && Api::told(&BTreeMap::new()).is_none());
    }

    #[test]
    fn a_bucket_that_is_not_there_is_none() {
        let outputs = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
        assert_eq!(bucket(&outputs("WebBucketName", "b")), Some("b"));
        assert_eq!(bucket(&outputs("web_bucket", "b")), Some("b"));
        assert_eq!(bucket(&outputs("web_bucket", "null")), None);
        assert_eq!(bucket(&BTreeMap::new()), None);
    }
}
