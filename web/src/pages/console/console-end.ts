/** What a stream needs, and how it tells that it has ended. */
/** Why a stream ended. */
export type Ended = "left" | "stopping" | "guest" | "revoked" | "lost";

/** The server says by its close code why it ended; any other code is a broken line. */
export function endOf(code: number): Ended {
  const known: Record<number, Ended> = { 1000: "left", 1001: "stopping", 4000: "guest", 4003: "revoked" };
  return known[code] ?? "lost";
}

export interface StreamProps {
  url: string;
  label: string;
  onOpen: () => void;
  onEnd: (ended: Ended) => void;
}
