import { expect, it } from "vitest";
import { boundsOf, tidyVariable, type Variable } from "./variables";

const full: Variable = {
  name: "n",
  title: "N",
  default: "b",
  pattern: "[a-z]",
  min: 1,
  max: 3,
  choices: ["a", "b"],
};

it("keeps for each kind what belongs to it, and nothing left over from another", () => {
  expect(tidyVariable({ ...full, kind: "text" })).toEqual({
    name: "n",
    title: "N",
    kind: "text",
    default: "b",
    pattern: "[a-z]",
  });
  expect(tidyVariable({ ...full, kind: "integer", default: "2" })).toMatchObject({
    default: "2",
    pattern: null,
    min: 1,
    max: 3,
  });
  expect(tidyVariable({ ...full, kind: "choice" })).toMatchObject({ default: "b", choices: ["a", "b"] });
});

it("has no default that cannot be", () => {
  expect(tidyVariable({ ...full, kind: "secret" }).default).toBeNull();
  expect(tidyVariable({ ...full, kind: "boolean" }).default).toBeNull();
  expect(tidyVariable({ ...full, kind: "choice", default: "c" }).default).toBeNull();
});

it("says the bounds on one line", () => {
  expect(boundsOf({ ...full, kind: "integer", max: null })).toBe("1 – …");
  expect(boundsOf({ ...full, kind: "choice" })).toBe("a | b");
  expect(boundsOf({ ...full, pattern: null })).toBe("");
});
