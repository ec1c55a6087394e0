//! `orderflow destroy`: takes a workflow off AWS again. The shared tables, with the orders, stay unless asked for.

use clap::Args;

use super::{Deployment, With, cloudformation, confirm, deploy, web};
use crate::cli::Failure;

#[derive(Args)]
#[command(after_help = "Examples:
  orderflow destroy --workflow checkout --with cloudformation
  orderflow destroy --workflow checkout --with terraform --shared --parameter DeletionProtection=false

Asks first. Tables that are protected against deletion, buckets that hold something and tables that a template
retains stay on AWS and are named by what refuses.")]
pub struct Options {
    #[command(flatten)]
    deployment: Deployment,
    /// Also what all workflows of this name share: orders, stock, customers, receipts
    #[arg(long)]
    shared: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

pub async fn run(options: Options) -> Result<(), Failure> {
    let Deployment { workflow, with, name, account, .. } = &options.deployment;
    let workflow = deploy::find(workflow)?;
    if !options.yes {
        let more = if options.shared { " and all that it shares with others: orders, stock, receipts" } else { "" };
        confirm(&format!("This removes {name}-{}{more} from AWS.", workflow.name), &workflow.name)?;
    }
    match with {
        With::Cloudformation => {
            cloudformation::remove(account, &format!("{name}-{}", workflow.name)).await?;
            if options.shared {
                let shared = format!("{name}-shared");
                // A bucket that holds something is not removed. The web app can be uploaded again.
                if let Some(bucket) = web::bucket(&cloudformation::outputs(account, &shared).await.unwrap_or_default())
                {
                    account.aws(&["s3", "rm", &format!("s3://{bucket}"), "--recursive", "--quiet"]).await?;
                }
                cloudformation::remove(account, &shared).await?;
            }
        }
        With::Terraform => {
            let [mut shared, mut own] = deploy::roots(&options.deployment, &workflow)?;
            let mut roots = vec![&mut own];
            if options.shared {
                roots.push(&mut shared);
            }
            for root in roots {
                // Required by the modules; what is destroyed does not depend on it.
                for (variable, value) in [("artifacts_bucket", "none"), ("artifact_key", "none.zip")] {
                    root.variables.insert(variable.to_owned(), value.into());
                }
                root.destroy(account).await?;
            }
        }
    }
    println!("{name}-{} is removed", workflow.name);
    Ok(())
}
