/** What the server said against a policy that it took, carried from the editor to the policy's page and read there once. */
import type { Reason } from "~/api/types";

const said = new Map<string, Reason[]>();

export const keepWarnings = (id: string, warnings: Reason[]): void => void said.set(id, warnings);
export const warningsOf = (id: string): Reason[] => said.get(id) ?? [];
export const forgetWarnings = (id: string): void => void said.delete(id);
