import { expect, it } from "vitest";
import { checkVariables } from "./template-check";

it("finds variables that are used and not declared, and the other way round", () => {
  const text = "#cloud-config\nhostname: {{ hostname }}\nwrite: {{greeting}} {{- name | upper }}\n";
  expect(checkVariables(text, ["greeting", "colour", undefined])).toEqual({
    undeclared: ["name"],
    unused: ["colour"],
  });
});

it("knows what every template is given", () => {
  expect(checkVariables("{{ ssh_authorized_keys }}", [])).toEqual({ undeclared: [], unused: [] });
});

it("says nothing of text without variables", () => {
  expect(checkVariables("runcmd: [echo, '{ no }']", [])).toEqual({ undeclared: [], unused: [] });
});
