import { expect, it } from "vitest";
import { SubmitKey } from "./idempotency";

it("keeps its key for the same content until the submit is finished", () => {
  const key = new SubmitKey();
  const first = key.for({ name: "shop" });
  expect(key.for({ name: "shop" })).toBe(first);
  const changed = key.for({ name: "shop2" });
  expect(changed).not.toBe(first);
  key.finish();
  expect(key.for({ name: "shop2" })).not.toBe(changed);
  expect(changed.length).toBeGreaterThanOrEqual(8);
});
