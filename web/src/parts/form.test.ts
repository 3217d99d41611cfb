import { expect, it } from "vitest";
import { pointerPath, splitErrors } from "./form";

it("reads JSON pointers as paths of form fields", () => {
  expect(pointerPath("/name")).toEqual(["name"]);
  expect(pointerPath("/variables/a~1b~0c")).toEqual(["variables", "a/b~c"]);
  expect(pointerPath("?limit")).toEqual(["limit"]);
  expect(pointerPath("{id}")).toEqual(["id"]);
});

it("keeps errors of fields that the form does not show", () => {
  const errors = [
    { pointer: "/name", code: "PATTERN", detail: "" },
    { pointer: "/sample", code: "UNKNOWN_FIELD", detail: "" },
  ];
  const { at, rest } = splitErrors(errors, ["name"]);
  expect(at.map(({ path }) => path)).toEqual([["name"]]);
  expect(rest).toEqual([errors[1]]);
});
