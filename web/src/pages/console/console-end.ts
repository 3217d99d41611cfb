/** What a stream needs, and how it tells that it has ended. */
/** Why a stream ended. */
export type Ended = "left" | "stopping" | "guest" | "revoked" | "lost" | "refused";

/**
 * The server says by its close code why it ended; any other code is a broken line. One that never opened was refused:
 * browsers do not tell how, but what it is refused for is a ticket that is used or too old.
 */
export function endOf(code: number, opened: boolean): Ended {
  const known: Record<number, Ended> = { 1000: "left", 1001: "stopping", 4000: "guest", 4003: "revoked" };
  return known[code] ?? (opened ? "lost" : "refused");
}

export interface StreamProps {
  url: string;
  label: string;
  onOpen: () => void;
  onEnd: (ended: Ended) => void;
}
