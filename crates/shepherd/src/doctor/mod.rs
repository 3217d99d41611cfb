use crate::failure::Failure;
use clap::Args;
#[derive(Debug, Args)]
pub struct DoctorArgs {}
pub async fn run(_: DoctorArgs) -> Result<(), Failure> {
    Ok(())
}
