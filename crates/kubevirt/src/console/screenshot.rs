//! One picture of the screen.

use bytes::Bytes;

use crate::transport::{Call, Failure};
use crate::{Cluster, Error, VmRef, path};

/// Largest picture: 8K without compression is larger, but no guest screen is.
const MAX_PICTURE: usize = 32 << 20;

/// First bytes of every PNG (ISO/IEC 15948 section 5.2).
const PNG: [u8; 8] = [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a];

impl Cluster {
    /// The VNC screen as PNG. It does not disturb a viewer.
    ///
    /// # Errors
    /// [`Error::NotRunning`] when no instance runs; [`Error::Invalid`] when it has no screen.
    pub async fn screenshot(&self, vm: &VmRef) -> Result<Bytes, Error> {
        self.get_exactly(vm).await?;
        let path = path::vmi_subresource(&vm.namespace, &vm.name, "vnc/screenshot")?;
        let reply = self.send(Call::get(path).accept("image/png, */*").limit(MAX_PICTURE)).await;
        match reply {
            Ok(reply) if reply.body.starts_with(&PNG) => Ok(reply.body),
            Ok(_) => Err(Error::protocol("the screenshot is not a PNG")),
            Err(failure) => Err(explain(failure)),
        }
    }
}

/// virt-api turns every refusal of this call into 500 with the sentence as text.
fn explain(failure: Failure) -> Error {
    match failure {
        Failure::Refused(refusal) if refusal.says("is not running") || refusal.says("\" not found") => {
            Error::NotRunning { detail: refusal.message }
        }
        Failure::Refused(refusal) if refusal.says("No graphics devices are present") => {
            Error::Invalid { causes: refusal.causes, detail: refusal.message }
        }
        failure => failure.into(),
    }
}
