import type { TFunction } from "i18next";
import { expect, it } from "vitest";
import { bytes, gibibyte, vcpu } from "./units";

const t = ((key: string, options: { value: string }) =>
  `${options.value} ${key.split(".").pop()}`) as unknown as TFunction;

it.each([
  [4000, "4 vcpu"],
  [500, "0.5 vcpu"],
  [12000, "12 vcpu"],
])("%d milli-vCPU", (milli, text) => expect(vcpu(t, milli, "en")).toBe(text));

it.each([
  [16 * gibibyte, "16 gib"],
  [1.5 * gibibyte, "1.5 gib"],
  [256 * 1024 * 1024, "256 mib"],
  [2048 * gibibyte, "2 tib"],
  [12, "12 bytes"],
  [0, "0 bytes"],
])("%d bytes", (value, text) => expect(bytes(t, value, "en")).toBe(text));
