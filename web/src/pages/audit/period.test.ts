import { expect, it } from "vitest";
import { fromField, periodOf, rangeOf, toField } from "./period";

const now = Date.parse("2026-11-20T10:00:00Z");

it("recognises the period that a link was made with, a while later too", () => {
  const { since } = rangeOf("day", now);
  expect(periodOf({ since }, now)).toBe("day");
  expect(periodOf({ since }, now + 2 * 3600_000)).toBe("day");
  expect(periodOf({ since }, now + 5 * 3600_000)).toBeUndefined();
});

it("takes a range with an end for what it is", () => {
  expect(periodOf({ since: "2026-11-19T10:00:00Z", until: "2026-11-20T10:00:00Z" }, now)).toBeUndefined();
  expect(rangeOf(undefined, now)).toEqual({ since: undefined, until: undefined });
});

it("shows a moment in the browser's time and reads it back", () => {
  const moment = "2026-11-20T09:30:00.000Z";
  expect(fromField(toField(moment))).toBe(moment);
  expect(toField(undefined)).toBe("");
  expect(fromField("")).toBeUndefined();
  expect(fromField("yesterday")).toBeUndefined();
});
