/** A third language needs no code: a made-up one is given as a folder of files, and the console speaks it. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { QueryClient } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { ApiProblem } from "~/api/problem";
import { Providers } from "~/app/providers";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { RequestBadge, VmBadge } from "~/parts/StateBadges";
import { Failure, NotShared } from "~/parts/states";
import { PlacementList, PolicyList, QuotaTable, StageList } from "~/parts/Verdict";
import { type LanguageSource, languagesOf, pickLanguage, shipped, startI18n } from "./languages";

const folder = join(import.meta.dirname, "locales/en/");

/** Every letter gets an accent, so that a word which does not come from the files stands out. */
function pseudo(value: unknown): unknown {
  if (typeof value !== "string")
    return Object.fromEntries(Object.entries(value as object).map(([key, inner]) => [key, pseudo(inner)]));
  return value.replace(/\{\{[^}]*\}\}|\p{L}/gu, (part) => (part.startsWith("{{") ? part : "ẍ"));
}

const files = readdirSync(folder);
const source: LanguageSource = {
  metas: { ...shipped.metas, "./locales/qps/meta.json": { name: "Ẍẍẍ", tag: "en-XA" } },
  files: Object.fromEntries(
    files.map((file) => [
      `./locales/qps/${file}`,
      async () => pseudo(JSON.parse(readFileSync(folder + file, "utf8"))) as Record<string, unknown>,
    ]),
  ),
};

vi.stubGlobal("matchMedia", () => ({
  matches: false,
  addEventListener: () => {},
  removeEventListener: () => {},
}));

describe("a third language", () => {
  it("is offered and picked by its folder alone", () => {
    expect(languagesOf(source).map(({ code }) => code)).toEqual(["en", "qps", "zh"]);
    expect(pickLanguage(["en", "qps", "zh"], ["qps-ploc", "en"])).toBe("qps");
    expect(pickLanguage(["en", "zh"], ["zh-Hant-TW", "en"])).toBe("zh");
    expect(pickLanguage(["en", "zh"], ["fr"])).toBe("en");
  });

  it("is spoken everywhere, with no English left over", async () => {
    const i18n = await startI18n(source, "qps");
    const reason = { code: "X", params: {}, text: "" };
    const problem = new ApiProblem({ status: 500, code: "12", title: "", params: {}, errors: [] });
    render(
      <Providers client={new QueryClient()} i18n={i18n}>
        <VmBadge state="active" power="crash_loop" />
        <RequestBadge state="changes_requested" />
        <NotShared />
        <Failure error={problem} retry={() => {}} />
        <PolicyList
          results={[
            {
              policy: "1",
              version: 1,
              effect: "require",
              matched: true,
              enforced: false,
              failed: false,
              reason,
            },
          ]}
        />
        <StageList
          stages={[
            {
              position: 1,
              requirement: reason,
              requirements: [],
              needed: 2,
              given: 1,
              state: "active",
              candidates: [],
            },
          ]}
        />
        <PlacementList candidates={[]} />
        <QuotaTable lines={[{ scope: "system", dimension: "vms", used: 1, requested: 1, limit: null }]} />
        <ConfirmDialog
          confirmation={{ title: "", consequences: "", verb: "", typeName: "1", reason: "optional" }}
          act={async () => {}}
          onDone={() => {}}
          onClose={() => {}}
        />
      </Providers>,
    );
    expect(screen.getAllByText(/ẍ/).length).toBeGreaterThan(10);
    expect(document.body.textContent?.match(/[A-Za-z]{2,}/g) ?? []).toEqual([]);
    expect(document.documentElement.lang).toBe("en-XA");
  });
});
