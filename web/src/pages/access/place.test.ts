import { expect, it } from "vitest";
import { placeOf, placeQuery, placeText } from "./place";

it("is one place in the address, in the choice and in the question", () => {
  expect(placeText(placeOf("vm:1"))).toBe("vm:1");
  expect(placeOf("elsewhere:1")).toEqual(placeOf(undefined));
  expect(placeQuery({ vm: "v", system: "s" }, "e")).toEqual({ vm_id: "v" });
  expect(placeQuery({ service: "s" }, "e")).toEqual({ service_id: "s", environment_id: "e" });
  expect(placeQuery({}, undefined)).toEqual({});
});
