/**
 * The accessibility report. Each page is judged by axe against WCAG 2.2 AA in both themes; what was judged and found is
 * written as JSON and as a text for people, and a violation fails the test that found it.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page, type TestInfo } from "@playwright/test";

const standard = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
/** The themes differ in colours and in nothing else, so the second one is judged by the rules that read colours. */
const colours = ["color-contrast", "link-in-text-block"];
const linesFile = "accessibility.jsonl";
const themes = ["light", "dark"] as const;

interface Found {
  rule: string;
  impact: string;
  help: string;
  link: string;
  at: { target: string; what: string }[];
}

interface Judged {
  page: string;
  path: string;
  theme: (typeof themes)[number];
  passed: number;
  /** What axe cannot tell by itself, for people to look at. */
  undecided: string[];
  violations: Found[];
}

/** Judges the page as it stands, in both themes. The theme has to follow the system's. */
export async function judge(page: Page, name: string, info: TestInfo): Promise<void> {
  const found: Found[] = [];
  for (const theme of themes) {
    await page.emulateMedia({ colorScheme: theme });
    await expect(page.locator("html")).toHaveAttribute("data-theme", theme);
    const axe = new AxeBuilder({ page });
    const rules = theme === themes[0] ? axe.withTags(standard) : axe.withRules(colours);
    const result = await rules.analyze();
    const violations = result.violations.map((violation) => ({
      rule: violation.id,
      impact: violation.impact ?? "",
      help: violation.help,
      link: violation.helpUrl,
      at: violation.nodes.map((node) => ({
        target: node.target.join(" "),
        what: `${node.html.slice(0, 200)} ${node.any
          .concat(node.all, node.none)
          .map((check) => check.message)
          .join(" ")}`,
      })),
    }));
    const judged: Judged = {
      page: name,
      path: new URL(page.url()).pathname,
      theme,
      passed: result.passes.length,
      undecided: result.incomplete.map((rule) => rule.id),
      violations,
    };
    mkdirSync(info.project.outputDir, { recursive: true });
    appendFileSync(join(info.project.outputDir, linesFile), `${JSON.stringify(judged)}\n`);
    found.push(...violations);
  }
  expect.soft(found, `accessibility of ${name}`).toEqual([]);
}

/** After all tests: one report for programs and one for people. */
export function writeReport(results: string): void {
  const lines = join(results, linesFile);
  if (!existsSync(lines)) return;
  const judged = readFileSync(lines, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Judged);
  const bad = judged.filter(({ violations }) => violations.length > 0);
  writeFileSync(join(results, "accessibility.json"), JSON.stringify({ standard, colours, judged }, null, 2));
  const text = [
    "# Accessibility report",
    "",
    `axe, WCAG 2.2 A and AA: ${judged.length} pages and states, ${bad.length} with violations.`,
    `In the dark theme only what depends on colours is judged again: ${colours.join(", ")}.`,
    "",
    "| Page or state | Theme | Rules passed | Violations | For people to look at |",
    "|---|---|---|---|---|",
    ...judged.map(
      (one) =>
        `| ${one.page} | ${one.theme} | ${one.passed} | ${one.violations.map(({ rule }) => rule).join(", ") || "none"} | ${one.undecided.join(", ")} |`,
    ),
    ...bad.flatMap((one) => [
      "",
      `## ${one.page}, ${one.theme}`,
      ...one.violations.flatMap((violation) => [
        "",
        `* **${violation.rule}** (${violation.impact}): ${violation.help}, ${violation.link}`,
        ...violation.at.map(({ target, what }) => `  * \`${target}\`: ${what}`),
      ]),
    ]),
    "",
  ];
  writeFileSync(join(results, "accessibility.md"), text.join("\n"));
}
