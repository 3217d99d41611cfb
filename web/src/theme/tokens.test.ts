import { describe, expect, it } from "vitest";
import { palettes, type ThemeName } from "./tokens";

/** Relative luminance and contrast as WCAG 2.2 defines them. */
function luminance(hex: string): number {
  const channel = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

describe.each(["light", "dark"] as ThemeName[])("%s theme", (name) => {
  const p = palettes[name];
  const grounds = ["canvas", "surface", "raised", "hover", "sunken"] as const;

  it.each(["text", "text-2", "text-3", "accent"] as const)("%s is readable on every ground", (ink) => {
    for (const ground of grounds) expect(contrast(p[ink], p[ground]), ground).toBeGreaterThanOrEqual(4.5);
  });

  it("state colours are readable on every ground", () => {
    for (const ink of ["running", "stopped", "changing", "waiting", "failed", "unknown"] as const)
      for (const ground of grounds)
        expect(contrast(p[`state-${ink}`], p[ground]), `${ink} on ${ground}`).toBeGreaterThanOrEqual(4.5);
  });

  it("text on solid and soft grounds is readable", () => {
    expect(contrast(p["on-accent"], p.accent)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(p["on-danger"], p["danger-solid"])).toBeGreaterThanOrEqual(4.5);
    expect(contrast(p["state-failed"], p["soft-failed"])).toBeGreaterThanOrEqual(4.5);
    expect(contrast(p["state-waiting"], p["soft-waiting"])).toBeGreaterThanOrEqual(4.5);
    expect(contrast(p["state-running"], p["soft-running"])).toBeGreaterThanOrEqual(4.5);
    expect(contrast(p.accent, p["accent-soft"])).toBeGreaterThanOrEqual(4.5);
  });

  it("borders of controls can be seen", () => {
    for (const ground of ["surface", "raised"] as const)
      expect(contrast(p["line-strong"], p[ground]), ground).toBeGreaterThanOrEqual(3);
  });
});
