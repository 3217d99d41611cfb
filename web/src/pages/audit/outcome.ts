/** How an audited act ended, as a tone. */
export const outcomeTone = {
  success: "running",
  denied: "failed",
  failed: "failed",
  intent: "changing",
} as const;
