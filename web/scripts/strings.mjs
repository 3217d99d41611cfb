/**
 * Fails when a page says something that is not in the message files.
 * It reads every component with the TypeScript parser and reports words between tags, words in attributes that people
 * read or hear, and Chinese anywhere outside `locales/`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("../src/", import.meta.url));
const spoken = new Set([
  "title",
  "label",
  "placeholder",
  "alt",
  "aria-label",
  "aria-description",
  "okText",
  "cancelText",
  "extra",
  "text",
  "lead",
]);
const letters = /\p{L}{2,}/u;
const chinese = /\p{Script=Han}/u;
/** Names and keys on keyboards are the same in every language. */
const universal = /^(Ctrl|Alt|Shift|Esc|Tab|Del|KubeVirt|GiB|SSH|ID|[A-Z])(\s|\b)*$/;

function files(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "locales" ? [] : files(path);
    return /\.tsx?$/.test(entry.name) && !/\.(test|d)\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

const isText = (text) =>
  letters.test(text) &&
  !text
    .trim()
    .split(/\s+/)
    .every((word) => universal.test(word));
const { AmpersandAmpersandToken, BarBarToken, QuestionQuestionToken, PlusToken } = ts.SyntaxKind;
const speaks = new Set([AmpersandAmpersandToken, BarBarToken, QuestionQuestionToken, PlusToken]);
const found = [];

function check(path) {
  const text = readFileSync(path, "utf8");
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const report = (node, what) => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    found.push(`src/${relative(root, path)}:${line + 1}: ${what.trim().replace(/\s+/g, " ")}`);
  };
  const literal = (node) => {
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
    if (ts.isTemplateExpression(node))
      return [node.head, ...node.templateSpans.map((span) => span.literal)]
        .map((part) => part.text)
        .join(" ");
    return null;
  };
  const inJsx = (node) => {
    if (ts.isConditionalExpression(node)) return [node.whenTrue, node.whenFalse].forEach(inJsx);
    if (ts.isBinaryExpression(node)) {
      // `a && "text"` and `a ?? "text"` show text; `a === "code"` compares.
      if (speaks.has(node.operatorToken.kind)) [node.left, node.right].forEach(inJsx);
      return;
    }
    if (ts.isParenthesizedExpression(node)) return inJsx(node.expression);
    const words = literal(node);
    if (words && isText(words)) report(node, words);
  };
  const visit = (node) => {
    if (ts.isJsxText(node) && isText(node.text)) report(node, node.text);
    if (ts.isJsxAttribute(node) && spoken.has(node.name.getText()) && node.initializer) {
      const value = ts.isJsxExpression(node.initializer) ? node.initializer.expression : node.initializer;
      if (value) inJsx(value);
    }
    if (ts.isJsxExpression(node) && !ts.isJsxAttribute(node.parent) && node.expression)
      inJsx(node.expression);
    if (ts.isPropertyAssignment(node) && spoken.has(node.name.getText()) && path.endsWith(".tsx")) {
      const words = literal(node.initializer);
      if (words && isText(words)) report(node, words);
    }
    const words = literal(node);
    if (words && chinese.test(words)) report(node, words);
    ts.forEachChild(node, visit);
  };
  visit(source);
}

for (const path of files(root)) check(path);
if (found.length > 0) {
  process.stderr.write(
    `Strings that belong in the message files:\n${found.map((line) => `  ${line}\n`).join("")}`,
  );
  process.exit(1);
}
