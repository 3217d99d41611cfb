import { expect, it } from "vitest";
import { specDiff } from "./spec-diff";

const spec = {
  spec_version: 1,
  namespace_id: "n1",
  template_version_id: "t1",
  size_version_id: "z1",
  milli_vcpu: 1000,
  memory_bytes: 1024,
  disk_bytes: 4096,
  user_data_hash: "aa",
  variables: { greeting: "hello", port: "80" },
  ssh_keys: [
    { id: "k1", fingerprint: "SHA256:a" },
    { id: "k2", fingerprint: "SHA256:b" },
  ],
};
const fieldsOf = (after: object) =>
  specDiff(spec, after as Record<string, unknown>).map(({ field }) => field);

it("says nothing where nothing differs, whatever the order of keys", () => {
  expect(fieldsOf({ ...spec, ssh_keys: [...spec.ssh_keys].reverse() })).toEqual([]);
});

it("shows each variable that was changed, added or taken away", () => {
  const diff = specDiff(spec, { ...spec, variables: { greeting: "hi", motd: "x" } });
  expect(diff).toEqual([
    { field: "variables.greeting", kind: "text", before: "hello", after: "hi" },
    { field: "variables.motd", kind: "text", before: undefined, after: "x" },
    { field: "variables.port", kind: "text", before: "80", after: undefined },
  ]);
});

it("shows a size by its amounts, and by its name only where these stay", () => {
  expect(fieldsOf({ ...spec, size_version_id: "z2", memory_bytes: 2048 })).toEqual(["memory_bytes"]);
  expect(fieldsOf({ ...spec, size_version_id: "z2" })).toEqual(["size_version_id"]);
});

it("leaves out what only follows from another field", () => {
  expect(fieldsOf({ ...spec, user_data_hash: "bb" })).toEqual([]);
});

it("shows keys by fingerprint", () => {
  expect(specDiff(spec, { ...spec, ssh_keys: [{ id: "k1", fingerprint: "SHA256:a" }] })).toEqual([
    { field: "ssh_keys", kind: "lines", before: ["SHA256:a", "SHA256:b"], after: ["SHA256:a"] },
  ]);
});
