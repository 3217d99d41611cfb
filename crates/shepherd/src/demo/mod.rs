use crate::failure::Failure;
use clap::Args;
#[derive(Debug, Args)]
pub struct DemoArgs {}
pub async fn run(_: DemoArgs) -> Result<(), Failure> {
    Ok(())
}
