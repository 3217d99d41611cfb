import { describe, expect, it } from "vitest";
import { nextPosition, tidy, type Values } from "./content";

const values: Values = {
  title: " Large VMs need two ",
  effect: "require",
  enforcement: "hard",
  operations: ["vm.create"],
  where: "protected",
  condition: "  ",
  stages: [
    { position: 2, requirements: [{ kind: "owners", name: "left over", needed: 1 }] },
    { position: 1, requirements: [{ kind: "role", name: "approver", needed: 2 }], ask_again: true },
  ],
  override_role: "approver",
  reason_code: "",
  pending: { hours: null },
};

describe("a policy as the server takes it", () => {
  it("keeps the order of the stages, so that a fault is shown where it is", () => {
    expect(tidy(values).stages?.map((stage) => stage.position)).toEqual([2, 1]);
  });

  it("leaves out what was typed before for another choice", () => {
    expect(tidy(values)).toMatchObject({
      override_role: null,
      condition: null,
      pending: null,
      protected: true,
    });
    expect(tidy(values).stages?.[0]?.requirements[0]?.name).toBeNull();
    expect(tidy({ ...values, effect: "deny" }).stages).toBeUndefined();
    expect(tidy({ ...values, where: "everywhere" }).protected).toBeNull();
    expect(tidy({ ...values, enforcement: "soft" }).override_role).toBe("approver");
  });
});

it("numbers the next stage after the last", () => {
  expect(nextPosition([])).toBe(1);
  expect(nextPosition([{ position: 4 }, undefined, { position: 2 }])).toBe(5);
  expect(nextPosition([{ position: 100 }])).toBe(100);
});
