/**
 * Live updates for the whole console: one event stream per tab, from sign-in to sign-out.
 * Rows already on screen are patched in place, so a list never jumps; objects on screen are read again.
 */
import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { EventStream, type LinkState } from "~/api/events";
import { LiveCache } from "./live-cache";

interface Live {
  state: LinkState;
  /** The line was down and is back; true for a short while, so that the banner can say so. */
  recovered: boolean;
  retry: () => void;
}

const LiveContext = createContext<Live>({ state: "connecting", recovered: false, retry: () => {} });

export function LiveProvider({ onRefused, children }: { onRefused: () => void; children: ReactNode }) {
  const client = useQueryClient();
  const [state, setState] = useState<LinkState>("connecting");
  const [recovered, setRecovered] = useState(false);
  const [stream, setStream] = useState<EventStream | null>(null);

  useEffect(() => {
    const cache = new LiveCache(client);
    let wasOffline = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const created = new EventStream({
      onChange: (change) => cache.take(change),
      onGap: () => void client.invalidateQueries(),
      onState: (next) => {
        setState(next);
        if (next === "refused") onRefused();
        if (next === "offline") wasOffline = true;
        if (next !== "live" || !wasOffline) return;
        wasOffline = false;
        setRecovered(true);
        timer = setTimeout(() => setRecovered(false), 4000);
      },
    });
    created.start();
    setStream(created);
    return () => {
      clearTimeout(timer);
      created.stop();
      cache.stop();
    };
  }, [client, onRefused]);

  const value = useMemo(
    () => ({ state, recovered, retry: () => stream?.retryNow() }),
    [state, recovered, stream],
  );
  return <LiveContext value={value}>{children}</LiveContext>;
}

export function useLive(): Live {
  return useContext(LiveContext);
}
