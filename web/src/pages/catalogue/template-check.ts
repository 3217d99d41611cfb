/**
 * What can be said of user data while it is written: which variables it uses that are not declared, and which are
 * declared and not used. The server judges the rest (its syntax, its YAML) when it is saved.
 */
const use = /{{-?\s*([a-zA-Z_][a-zA-Z0-9_]*)/g;

/** What the platform itself gives to every template. */
export const given: readonly string[] = ["hostname", "ssh_authorized_keys"];

export interface VariableCheck {
  undeclared: string[];
  unused: string[];
}

export function checkVariables(userData: string, declared: readonly (string | undefined)[]): VariableCheck {
  const used = new Set(Array.from(userData.matchAll(use), (match) => match[1] ?? ""));
  const known = declared.filter((name): name is string => Boolean(name));
  return {
    undeclared: [...used].filter((name) => !known.includes(name) && !given.includes(name)),
    unused: known.filter((name) => !used.has(name)),
  };
}
