import { expect, it } from "vitest";
import { type FieldValues, tidyField } from "./request-field";

const values: FieldValues = {
  name: "change_number",
  kind: "text",
  labels: { en: " Change number ", zh: "" },
  pattern: "C\\d+",
  choices: ["left over"],
  operations: ["vm.create"],
  environment_ids: [],
};

it("keeps only what belongs to the kind, and only languages with words", () => {
  expect(tidyField(values)).toEqual({
    name: "change_number",
    kind: "text",
    labels: { en: "Change number" },
    help: {},
    required: false,
    operations: ["vm.create"],
    pattern: "C\\d+",
  });
  const choice = tidyField({ ...values, kind: "choice", position: 0, environment_ids: ["e"] });
  expect(choice).toMatchObject({ choices: ["left over"], position: 0, environment_ids: ["e"] });
  expect(choice.pattern).toBeUndefined();
});
