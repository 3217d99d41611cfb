/** What changed between two JSON values, field by field; a list counts as one value unless its entries are objects. */
export interface Change {
  path: string;
  kind: "added" | "removed" | "changed";
  before?: unknown;
  after?: unknown;
}

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

export function diff(before: unknown, after: unknown): Change[] {
  const found: Change[] = [];
  const walk = (path: string, a: unknown, b: unknown, hadA: boolean, hadB: boolean) => {
    if (hadA && hadB && same(a, b)) return;
    if ((isFields(a) || !hadA) && (isFields(b) || !hadB) && (isFields(a) || isFields(b))) {
      const left = isFields(a) ? a : {};
      const right = isFields(b) ? b : {};
      const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
      if (names.length > 0) {
        for (const name of names)
          walk(path ? `${path}.${name}` : name, left[name], right[name], name in left, name in right);
        return;
      }
    }
    if (!hadA) found.push({ path, kind: "added", after: b });
    else if (!hadB) found.push({ path, kind: "removed", before: a });
    else found.push({ path, kind: "changed", before: a, after: b });
  };
  const [hadBefore, hadAfter] = [isFields(before), isFields(after)];
  if (hadBefore || hadAfter) walk("", before, after, hadBefore, hadAfter);
  return found;
}

/** A value on one line: words as they are, everything else as JSON. */
export function oneLine(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
