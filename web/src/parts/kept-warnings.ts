/** What the server said against something that it took, carried from an editor to the page it leads to. */
import type { Reason } from "~/api/types";

const said = new Map<string, Reason[]>();

export const keepWarnings = (id: string, warnings: Reason[]): void => void said.set(id, warnings);
export const warningsOf = (id: string): Reason[] => said.get(id) ?? [];
export const forgetWarnings = (id: string): void => void said.delete(id);
