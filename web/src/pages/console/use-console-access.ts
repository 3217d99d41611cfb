import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { type ApiProblem, toProblem } from "~/api/problem";
import { requestQuery } from "~/api/queries/requests";
import { askConsole, consoleTicket } from "~/api/queries/vms";
import type { ConsoleKind, ConsoleTicket, Request } from "~/api/types";

export type Access =
  | { phase: "asking" }
  | { phase: "waiting"; request: Request }
  /** Someone else holds it: opening it would take it over, so the person says so first. */
  | { phase: "occupied"; others: string[]; takeOver: () => void }
  | { phase: "ready"; url: string }
  | { phase: "failed"; problem: ApiProblem };

/** The address of the stream; the server gives its path with the ticket in it, and only paths of ours are taken. */
export function streamUrl(ticket: ConsoleTicket, base: string): string {
  const url = new URL(ticket.url, base);
  const page = new URL(base);
  if (url.host !== page.host) throw toProblem({ code: "UNEXPECTED_ANSWER", title: "", status: 0 });
  url.protocol = page.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

const granted = new Set<Request["state"]>(["approved", "executing", "succeeded"]);
const refused = new Set<Request["state"]>(["rejected", "cancelled", "expired", "failed"]);

/** `said` answers what is asked for with a console; the same object each time, because another one asks anew. */
export function useConsoleAccess(
  vmId: string,
  kind: ConsoleKind,
  said: { fields?: Record<string, unknown> },
): { access: Access; again: () => void } {
  const [access, setAccess] = useState<Access>({ phase: "asking" });
  const [round, setRound] = useState(0);
  const waitingFor = access.phase === "waiting" ? access.request.id : "";
  const request = useQuery({ ...requestQuery(waitingFor), enabled: waitingFor !== "" });
  const taking = useRef(false);
  const again = useCallback((takeOver: boolean) => {
    taking.current = takeOver;
    setRound((old) => old + 1);
  }, []);
  const ready = useCallback(
    (ticket: ConsoleTicket) => {
      const open = () => setAccess({ phase: "ready", url: streamUrl(ticket, window.location.href) });
      // A ticket lives 30 seconds: by the time someone has decided to take over, another one may be needed.
      const takeOver = () => (Date.parse(ticket.expires_at) - Date.now() > 5000 ? open() : again(true));
      if (ticket.others.length === 0 || taking.current) open();
      else setAccess({ phase: "occupied", others: ticket.others, takeOver });
      taking.current = false;
    },
    [again],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round asks again
  useEffect(() => {
    let over = false;
    setAccess({ phase: "asking" });
    // Deferred, so that a component that is thrown away at once has asked for nothing.
    const timer = setTimeout(() => {
      askConsole(vmId, kind, said).then(
        (answer) => {
          if (over) return;
          if (answer.ticket) ready(answer.ticket);
          else setAccess({ phase: "waiting", request: answer.request });
        },
        (error) => !over && setAccess({ phase: "failed", problem: toProblem(error) }),
      );
    });
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [vmId, kind, round, ready, said]);

  const state = request.data?.state;
  const latest = request.data;
  useEffect(() => {
    if (!latest || !state || waitingFor !== latest.id) return;
    if (refused.has(state)) {
      const code = latest.failure?.code ?? `CONSOLE_${state.toUpperCase()}`;
      setAccess({
        phase: "failed",
        problem: toProblem({ code, title: latest.failure?.text ?? state, status: 409 }),
      });
    }
    if (!granted.has(state)) return;
    let over = false;
    consoleTicket(latest.id).then(
      (ticket) => !over && ready(ticket),
      (error) => !over && setAccess({ phase: "failed", problem: toProblem(error) }),
    );
    return () => {
      over = true;
    };
  }, [latest, state, waitingFor, ready]);

  return { access, again: useCallback(() => again(false), [again]) };
}
