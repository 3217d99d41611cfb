import { expect, it } from "vitest";
import { gibibyte } from "~/parts/units";
import {
  type Choices,
  fromDraft,
  fromSpec,
  type TemplateVersion,
  toBody,
  toDraft,
  variablesFit,
} from "./request-form";

const choices = {
  templates: [
    {
      version: {
        id: "t1",
        variables: [
          { name: "motd", title: "Greeting", default: "hello", pattern: null },
          { name: "port", title: "Port", default: null, pattern: null },
        ],
      },
    },
  ],
} as unknown as Choices;
const chosen = { service_id: "s", namespace_id: "n", template_version_id: "t1", size_version_id: "z" };

it("waits until everything needed is chosen", () => {
  expect(toBody({ ...chosen, namespace_id: undefined as never }, choices, false)).toBeNull();
});

it("sends defaults of variables and leaves out what is empty", () => {
  expect(toBody(chosen, choices, false)).toEqual({
    ...chosen,
    variables: { motd: "hello" },
    ssh_key_ids: [],
    reason: "",
  });
});

it("sends sizes in bytes, and only variables of the chosen template", () => {
  const body = toBody(
    { ...chosen, disk_gib: 1.5, variables: { port: "80", stale: "x" }, reason: " because " },
    choices,
    true,
  );
  expect(body).toMatchObject({
    disk_bytes: 1.5 * gibibyte,
    variables: { motd: "hello", port: "80" },
    reason: "because",
    another: true,
  });
});

it("knows which values have the form that the template asks for", () => {
  const version = { variables: [{ name: "motd", pattern: "[a-z]{2,4}" }] } as TemplateVersion;
  const fit = (motd: string) => variablesFit({ variables: { motd } }, version);
  expect(["", "ab", "abcde", "1"].map(fit)).toEqual([true, true, false, false]);
});

it("reads back what was asked for", () => {
  const spec = {
    ...chosen,
    disk_bytes: 8 * gibibyte,
    variables: { port: "80" },
    ssh_keys: [{ id: "k", fingerprint: "f" }],
    fields: { change: "CHG1" },
    milli_vcpu: 1000,
  };
  const values = { ...chosen, variables: { port: "80" }, ssh_key_ids: ["k"], fields: { change: "CHG1" } };
  expect(fromSpec(spec, 8 * gibibyte)).toEqual(values);
  expect(fromSpec(spec, 4 * gibibyte)).toEqual({ ...values, disk_gib: 8 });
});

it("keeps a draft as far as it has come", () => {
  expect(toDraft({ reason: "later" })).toBeNull();
  const draft = { service_id: "s", disk_bytes: 2 * gibibyte, variables: { port: "80" }, reason: "later" };
  expect(toDraft({ ...fromDraft(draft), variables: { port: "80", motd: "" } })).toEqual(draft);
});

it("names a secret by where it is kept, and waits until it is", () => {
  const secret = { name: "password", title: "Password", kind: "secret", default: null, pattern: null };
  const asking = { templates: [{ version: { id: "t1", variables: [secret] } }] } as unknown as Choices;
  expect(toBody(chosen, asking, false)).toBeNull();
  const body = toBody({ ...chosen, secret_ids: { password: "kept" } }, asking, false);
  expect(body).toMatchObject({ secret_ids: { password: "kept" } });
  expect(body).not.toHaveProperty("variables");
  expect(toDraft({ ...chosen, secret_ids: { password: "kept" } })).not.toHaveProperty("secret_ids");
});

it("asks for a place only where one was chosen, and for storage only where there is a disk", () => {
  const offered = (root: string) =>
    ({ templates: [{ version: { id: "t1", root, variables: [] } }] }) as unknown as Choices;
  const place = { zone: "east", apart_from: [], storage_class: "fast" };
  expect(toBody({ ...chosen, place }, offered("ephemeral"), false)?.place).toEqual({ zone: "east" });
  expect(toBody({ ...chosen, place }, offered("persistent"), false)?.place).toEqual({
    zone: "east",
    storage_class: "fast",
  });
  expect(toBody({ ...chosen, place: { apart_from: [] } }, offered("ephemeral"), false)).not.toHaveProperty(
    "place",
  );
  const spec = { ...chosen, zone: "east", apart_from: ["v"], disk_bytes: 0 };
  expect(fromSpec(spec, undefined).place).toEqual({ zone: "east", apart_from: ["v"] });
});
