//! A VNC server with one still picture (RFC 6143): version 3.8, no security, raw encoding.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::screen::{self, HEIGHT, WIDTH};
use crate::launcher::GuestSpec;

/// How a client wants its points.
#[derive(Debug, Clone, Copy)]
struct Format {
    bytes: usize,
    big_endian: bool,
    max: [u16; 3],
    shift: [u8; 3],
}

/// 32 bits, little endian, blue in the lowest byte: what clients like best.
const NATIVE: [u8; 16] = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0];

impl Format {
    fn read(raw: [u8; 16]) -> Option<Self> {
        let pair = |at: usize| u16::from_be_bytes([raw[at], raw[at + 1]]);
        let bytes = match raw[0] {
            8 => 1,
            16 => 2,
            32 => 4,
            _ => return None,
        };
        // Palettes are not served; a client that asks for one gets an end of connection instead of wrong colours.
        let true_colour = raw[3] != 0;
        let shift = [raw[10], raw[11], raw[12]];
        (true_colour && shift.iter().all(|s| *s < 32)).then_some(Self {
            bytes,
            big_endian: raw[2] != 0,
            max: [pair(4), pair(6), pair(8)],
            shift,
        })
    }

    fn put(self, out: &mut Vec<u8>, rgb: &[u8]) {
        let mut value = 0_u32;
        for ((colour, max), shift) in rgb.iter().zip(self.max).zip(self.shift) {
            value |= (u32::from(*colour) * u32::from(max) / 255) << shift;
        }
        if self.big_endian {
            out.extend_from_slice(&value.to_be_bytes()[4 - self.bytes..]);
        } else {
            out.extend_from_slice(&value.to_le_bytes()[..self.bytes]);
        }
    }
}

/// Serves one viewer until it leaves.
pub async fn serve(mut peer: DuplexStream, spec: &GuestSpec) -> io::Result<()> {
    handshake(&mut peer, spec).await?;
    let picture = screen::pixels(spec);
    let mut format = Format::read(NATIVE).ok_or_else(|| refused("native format"))?;
    loop {
        match peer.read_u8().await? {
            0 => {
                let mut message = [0_u8; 19];
                peer.read_exact(&mut message).await?;
                let mut raw = [0_u8; 16];
                raw.copy_from_slice(&message[3..]);
                format = Format::read(raw).ok_or_else(|| refused("pixel format"))?;
            }
            2 => {
                peer.read_u8().await?;
                let count = peer.read_u16().await?;
                skip(&mut peer, u64::from(count) * 4).await?;
            }
            3 => {
                let incremental = peer.read_u8().await? != 0;
                skip(&mut peer, 8).await?;
                // The picture never changes, so a request for changes waits for ever.
                if !incremental {
                    peer.write_all(&update(&picture, format)).await?;
                }
            }
            4 => skip(&mut peer, 7).await?,
            5 => skip(&mut peer, 5).await?,
            6 => {
                skip(&mut peer, 3).await?;
                let length = peer.read_u32().await?;
                skip(&mut peer, u64::from(length)).await?;
            }
            _ => return Err(refused("message")),
        }
    }
}

async fn handshake(peer: &mut DuplexStream, spec: &GuestSpec) -> io::Result<()> {
    peer.write_all(b"RFB 003.008\n").await?;
    let mut version = [0_u8; 12];
    peer.read_exact(&mut version).await?;
    if &version == b"RFB 003.003\n" {
        peer.write_u32(1).await?;
    } else {
        peer.write_all(&[1, 1]).await?;
        peer.read_u8().await?;
        if &version == b"RFB 003.008\n" {
            peer.write_u32(0).await?;
        }
    }
    // Whether the viewer would share the screen: it always may.
    peer.read_u8().await?;
    let size = |points: usize| u16::try_from(points).unwrap_or(u16::MAX);
    peer.write_u16(size(WIDTH)).await?;
    peer.write_u16(size(HEIGHT)).await?;
    peer.write_all(&NATIVE).await?;
    let name = format!("simulated {}/{}", spec.namespace, spec.name);
    peer.write_u32(u32::try_from(name.len()).unwrap_or(0)).await?;
    peer.write_all(name.as_bytes()).await
}

fn update(picture: &[u8], format: Format) -> Vec<u8> {
    let mut out = Vec::with_capacity(16 + WIDTH * HEIGHT * format.bytes);
    // FramebufferUpdate with one rectangle, the whole screen, encoding 0 (raw).
    out.extend_from_slice(&[0, 0, 0, 1, 0, 0, 0, 0]);
    for points in [WIDTH, HEIGHT] {
        out.extend_from_slice(&u16::try_from(points).unwrap_or(u16::MAX).to_be_bytes());
    }
    out.extend_from_slice(&[0, 0, 0, 0]);
    for rgb in picture.chunks_exact(3) {
        format.put(&mut out, rgb);
    }
    out
}

async fn skip(peer: &mut DuplexStream, bytes: u64) -> io::Result<()> {
    tokio::io::copy(&mut peer.take(bytes), &mut tokio::io::sink()).await.map(|_| ())
}

fn refused(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, format!("{what} is not served"))
}
