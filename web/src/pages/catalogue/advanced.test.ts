import { describe, expect, it } from "vitest";
import { ApiProblem } from "~/api/problem";
import { allows, fieldsOf, meant, placed, rowsOf } from "./advanced";

describe("fields of KubeVirt", () => {
  it("come back as they were set", () => {
    const fields = {
      "domain.cpu.model": "host-passthrough",
      "domain.devices.blockMultiQueue": true,
      "domain.ioThreads": 2,
      "domain.clock": { utc: {} },
    };
    expect(fieldsOf(rowsOf(fields))).toEqual(fields);
  });

  it("are not set to what is not of their kind", () => {
    expect(meant({ kind: "number", value: "1.5" })).toBeUndefined();
    expect(meant({ kind: "boolean", value: "yes" })).toBeUndefined();
    expect(meant({ kind: "object", value: "[1]" })).toBeUndefined();
    expect(meant({ kind: "text", value: "true" })).toBe("true");
  });

  it("are told at their row when the server refuses them", () => {
    const rows = rowsOf({ evictionStrategy: "LiveMigrate", "domain.cpu.cores": 4 });
    const fault = { pointer: "/content/advanced/domain.cpu.cores", code: "X", detail: "no" };
    const other = { pointer: "/content/user_data", code: "Y", detail: "no" };
    const problem = new ApiProblem({
      status: 422,
      code: "X",
      title: "no",
      params: {},
      errors: [fault, other],
    });
    const found = placed(problem, rows) as ApiProblem;
    expect(found.body.errors.map(({ pointer }) => pointer)).toEqual([
      "/advanced/1/path",
      "/content/user_data",
    ]);
  });

  it("are allowed with everything below", () => {
    expect(allows(["domain.clock"], "domain.clock.timezone")).toBe(true);
    expect(allows(["domain.clock"], "domain.clocks")).toBe(false);
  });
});
