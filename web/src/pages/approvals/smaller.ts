/** Which sizes are less than what was asked: no amount larger, and at least one smaller. */
interface Amounts {
  milli_vcpu: number;
  memory_bytes: number;
}

interface SizeLike<Version> {
  name: string;
  versions: Version[];
}

export interface Smaller<Version> {
  name: string;
  version: Version;
}

export function smallerSizes<Version extends Amounts & { id: string; state: string }>(
  sizes: SizeLike<Version>[],
  asked: { milli_vcpu: unknown; memory_bytes: unknown },
): Smaller<Version>[] {
  const { milli_vcpu: cpu, memory_bytes: memory } = asked;
  if (typeof cpu !== "number" || typeof memory !== "number") return [];
  return sizes
    .flatMap(({ name, versions }) => {
      const version = versions.find(({ state }) => state === "active");
      return version ? [{ name, version }] : [];
    })
    .filter(
      ({ version }) =>
        version.milli_vcpu <= cpu &&
        version.memory_bytes <= memory &&
        (version.milli_vcpu < cpu || version.memory_bytes < memory),
    )
    .sort(
      (a, b) =>
        b.version.memory_bytes - a.version.memory_bytes || b.version.milli_vcpu - a.version.milli_vcpu,
    );
}
