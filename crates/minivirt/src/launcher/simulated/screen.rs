//! The screen of a simulated guest: its name and what it is.

use super::font::glyph;
use crate::launcher::GuestSpec;

/// Width in points.
pub const WIDTH: usize = 640;
/// Height in points.
pub const HEIGHT: usize = 400;

const BACKGROUND: [u8; 3] = [0x1b, 0x26, 0x3b];
const TEXT: [u8; 3] = [0xe0, 0xe6, 0xed];
const DIM: [u8; 3] = [0x8d, 0x99, 0xae];

/// The picture, three bytes a point.
pub fn pixels(spec: &GuestSpec) -> Vec<u8> {
    let mut screen = BACKGROUND.repeat(WIDTH * HEIGHT);
    write(&mut screen, (40, 60), 6, TEXT, &spec.name);
    write(&mut screen, (40, 110), 3, DIM, &format!("namespace {}", spec.namespace));
    let size = format!("{} vcpu {} mib", spec.vcpus, spec.memory_bytes >> 20);
    write(&mut screen, (40, 140), 3, DIM, &size);
    write(&mut screen, (40, 320), 3, DIM, "simulated guest: no operating system runs here");
    screen
}

/// Writes a line; what does not fit is cut.
fn write(screen: &mut [u8], (left, top): (usize, usize), scale: usize, colour: [u8; 3], text: &str) {
    for (index, letter) in text.chars().enumerate() {
        let x = left + index * 4 * scale;
        if x + 3 * scale > WIDTH {
            return;
        }
        for (row, bits) in glyph(letter).into_iter().enumerate() {
            for column in (0..3).filter(|c| bits & (4 >> c) != 0) {
                square(screen, x + column * scale, top + row * scale, scale, colour);
            }
        }
    }
}

fn square(screen: &mut [u8], x: usize, y: usize, size: usize, colour: [u8; 3]) {
    for row in y..(y + size).min(HEIGHT) {
        for column in x..(x + size).min(WIDTH) {
            let at = (row * WIDTH + column) * 3;
            screen[at..at + 3].copy_from_slice(&colour);
        }
    }
}

/// The picture as a PNG file.
pub fn png(spec: &GuestSpec) -> Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 640, 400);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&pixels(spec))?;
    Ok(file)
}
