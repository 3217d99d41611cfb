import { expect, it } from "vitest";
import { fromHealth, noCheck, toHealth } from "./check";

it("reads back what it asks for", () => {
  for (const choice of [
    noCheck,
    { kind: "http", port: 8080, path: "/healthz" },
    { kind: "tcp", port: 22, path: "/" },
    { kind: "ready", port: 80, path: "/" },
  ] as const)
    expect(fromHealth(toHealth(choice))).toEqual(choice);
});

it("leaves alone what it cannot show", () => {
  const page = { kind: "http", port: 80 } as const;
  expect(fromHealth({ all: [{ any: [page] }, { any: [page] }] })).toBeNull();
  expect(fromHealth({ all: [{ any: [page, page] }] })).toBeNull();
  expect(fromHealth({ all: [{ any: [{ ...page, status: [503] }] }] })).toBeNull();
  expect(fromHealth({ all: [{ any: [{ ...page, through: "address" }] }] })).toBeNull();
  expect(fromHealth({ all: [{ any: [{ kind: "https", port: 443 }] }] })).toBeNull();
});
