/**
 * Prints the compressed size of the script that the first page needs, and fails over the limit.
 * The first page is the entry with everything it imports statically, the shell and Home, and one language.
 */
import { readFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";

const limit = 300 * 1024;
const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));

const seen = new Set();
function add(key) {
  if (seen.has(key)) return;
  seen.add(key);
  for (const imported of manifest[key]?.imports ?? []) add(imported);
}

/** Words that only later pages wait for. */
const later = JSON.parse(readFileSync(new URL("../src/i18n/later.json", import.meta.url), "utf8"));
const isLater = (key) => later.some((part) => key.endsWith(`/${part}.json`));
const byName = (pattern) => Object.keys(manifest).filter((key) => pattern.test(key));
const roots = [
  ...byName(/^index\.html$/),
  ...byName(/frame\/Shell\.tsx$/),
  ...byName(/pages\/home\/Home\.tsx$/),
  ...byName(/locales\/en\/[^/]+\.json$/).filter((key) => !isLater(key)),
];
if (roots.length < 4) throw new Error(`first page not found in the manifest: ${roots}`);
for (const key of roots) add(key);
const foreign = [...seen].filter((key) => /-messages-/.test(key) && !/^_?en-messages-/.test(key));
if (foreign.length > 0) throw new Error(`the first page loads words it does not say: ${foreign}`);

const files = new Set([...seen].map((key) => manifest[key]?.file).filter((file) => file?.endsWith(".js")));
let [raw, gzip, brotli] = [0, 0, 0];
for (const file of files) {
  const bytes = readFileSync(new URL(file, dist));
  raw += bytes.length;
  gzip += gzipSync(bytes, { level: 9 }).length;
  brotli += brotliCompressSync(bytes).length;
}
const kb = (bytes) => `${(bytes / 1024).toFixed(1)} kB`;
process.stdout.write(
  `first page: ${files.size} files, ${kb(raw)} plain, ${kb(gzip)} gzip, ${kb(brotli)} brotli (limit ${kb(limit)} gzip)\n`,
);
if (gzip > limit) process.exit(1);
