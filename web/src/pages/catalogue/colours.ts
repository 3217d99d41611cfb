/** Colours that environments can take: far enough apart to be told by hue; their lightness is set where they show. */
export const colours = [
  { value: "#2e8b57", word: "green" },
  { value: "#2563eb", word: "blue" },
  { value: "#b45309", word: "amber" },
  { value: "#c2410c", word: "orange" },
  { value: "#c81e1e", word: "red" },
  { value: "#a21caf", word: "magenta" },
  { value: "#6d28d9", word: "violet" },
  { value: "#0e7490", word: "teal" },
  { value: "#64748b", word: "grey" },
] as const;
