import type { i18n as I18n } from "i18next";
import { beforeAll, describe, expect, it } from "vitest";
import { startI18n, switchLanguage } from "~/i18n/languages";
import { problemText, toProblem, translateCoded } from "./problem";

describe("what the server says, in the person's language", () => {
  let i18n: I18n;
  beforeAll(async () => {
    i18n = await startI18n(undefined, "en");
  });
  const said = (code: string, params: Record<string, unknown> = {}) =>
    translateCoded(i18n.t, { code, params, fallback: "the server's English" });

  it("writes values with their units", async () => {
    const free = { free_milli_vcpu: 4000, free_memory_bytes: 16 * 1024 ** 3 };
    expect(said("FITS", free)).toBe("4 vCPU and 16 GiB are free.");
    expect(
      said("QUOTA_EXCEEDED", { dimension: "memory_bytes", used: 1024 ** 3, limit: 2 * 1024 ** 3 }),
    ).toContain("1 GiB of 2 GiB");
    expect(said("QUOTA_EXCEEDED", { dimension: "vms", used: 1200, limit: 1300 })).toContain("1,200 of 1,300");
    await switchLanguage(i18n, "zh");
    expect(said("FITS", free)).toBe("空闲 4 vCPU，16 GiB 内存。");
    expect(said("TIMELINE_REQUEST_SUBMIT", { request_number: 7, request_operation: "vm.stop" })).toBe(
      "R-7 停止：提交申请",
    );
    await switchLanguage(i18n, "en");
  });

  it("chooses the form of the number", () => {
    expect(said("APPROVALS_NEEDED", { needed: 1, permission: "request:approve" })).toMatch(/^One person/);
    expect(said("APPROVALS_NEEDED", { needed: 2, permission: "request:approve" })).toMatch(
      /^2 different people/,
    );
  });

  it("falls back to English for a code it does not know", () => {
    expect(said("QUITE_NEW")).toBe("the server's English");
  });

  it("falls back to English rather than leaving a hole where a value was not sent", () => {
    const at = { line: 1, column: 4, detail: "a name" };
    expect(said("POLICY_CONDITION_SYNTAX", at)).toContain("line 1, column 4: a name");
    expect(said("POLICY_CONDITION_SYNTAX")).toBe("the server's English");
  });

  it("has a code to quote when nothing answered", () => {
    expect(toProblem(undefined, 0).code).toBe("SERVER_UNREACHABLE");
    expect(problemText(i18n.t, toProblem("<html>", 502))).toMatch(/does not understand/);
  });

  it("never shows markup or secrets as anything but text", () => {
    expect(said("ENVIRONMENT_NOT_COVERED", { environment: "<b>$t(common.save)</b>" })).toContain(
      "<b>$t(common.save)</b>",
    );
  });
});
