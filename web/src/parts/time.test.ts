import { expect, it } from "vitest";
import { duration, relativeTime } from "./time";

const now = Date.parse("2026-11-20T12:00:00Z");
const at = (text: string) => Date.parse(text);

it("speaks of the past and the future in each language", () => {
  expect(relativeTime(at("2026-11-20T11:56:30Z"), now, "en")).toBe("3 minutes ago");
  expect(relativeTime(at("2026-11-20T11:56:30Z"), now, "zh")).toBe("3分钟前");
  expect(relativeTime(at("2026-11-23T12:00:00Z"), now, "en")).toBe("in 3 days");
  expect(relativeTime(at("2026-11-20T11:59:50Z"), now, "en")).toBeNull();
});

it("says how long something took", () => {
  expect(duration(4200, "en")).toBe("4 sec");
  expect(duration(125_000, "en")).toBe("2 min 5 sec");
  expect(duration(120_000, "en")).toBe("2 min");
  expect(duration(0, "en")).toBe("0 sec");
});
