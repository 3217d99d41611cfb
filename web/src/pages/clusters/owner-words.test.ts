import { expect, it } from "vitest";
import { ownerWords } from "./owner-words";

const label = (key: string, value: string) => ({ source: "label" as const, key, value });

it("says who may own a VM, people before programs, each once", () => {
  const vm = {
    hints: [label("example.com/owner", "ada"), label("owner", "ada"), label("team", "shop")],
    writers: ["kubectl-create"],
  };
  expect(ownerWords(vm, (name) => `by ${name}`)).toEqual(["owner: ada", "team: shop", "by kubectl-create"]);
});

it("says nothing where nothing stands", () => {
  expect(ownerWords({ hints: [], writers: [] }, (name) => name)).toEqual([]);
});
