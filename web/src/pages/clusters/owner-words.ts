import type { components } from "~/api/schema";

type Told = Pick<components["schemas"]["UnmanagedVm"], "hints" | "writers">;

/** Who may own a VM, in words, the likeliest first: what stands on it, then which programs wrote it. */
export function ownerWords(vm: Told, writtenBy: (name: string) => string): string[] {
  const short = (key: string) => key.split("/").at(-1) ?? key;
  const words = vm.hints.map((hint) => `${short(hint.key)}: ${hint.value}`);
  return [...new Set([...words, ...vm.writers.map(writtenBy)])];
}
