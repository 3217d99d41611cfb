/** Numbers as people read them: `4 vCPU`, `16 GiB`. The contract counts in milli-vCPU and bytes. */
import type { TFunction } from "i18next";

const kib = 1024;
const steps = [
  { key: "tib", size: kib ** 4 },
  { key: "gib", size: kib ** 3 },
  { key: "mib", size: kib ** 2 },
] as const;

function number(value: number, language: string): string {
  return new Intl.NumberFormat(language, {
    maximumFractionDigits: value < 1 ? 2 : value < 10 ? 1 : 0,
  }).format(value);
}

export function vcpu(t: TFunction, milli: number, language: string): string {
  return t("common.units.vcpu", { value: number(milli / 1000, language) });
}

export function bytes(t: TFunction, value: number, language: string): string {
  const step = steps.find((candidate) => Math.abs(value) >= candidate.size);
  if (!step) return t("common.units.bytes", { value: number(value, language) });
  return t(`common.units.${step.key}`, { value: number(value / step.size, language) });
}

/** A quota amount in the unit of its dimension. */
export function amount(t: TFunction, dimension: string, value: number, language: string): string {
  if (dimension.includes("vcpu") || dimension.includes("cpu")) return vcpu(t, value, language);
  if (dimension.includes("bytes") || dimension === "memory" || dimension === "disk")
    return bytes(t, value, language);
  return new Intl.NumberFormat(language).format(value);
}

export const gibibyte = kib ** 3;
