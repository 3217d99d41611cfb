/** The signed-in person, for everything inside the shell. Permissions here only hide what would be refused anyway. */
import { useQuery } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext } from "react";
import { sessionQuery } from "~/api/queries/session";
import type { Session } from "~/api/types";

const SessionContext = createContext<Session | null>(null);

export function SessionProvider({ initial, children }: { initial: Session; children: ReactNode }) {
  const { data } = useQuery({ ...sessionQuery, initialData: initial });
  return <SessionContext value={data}>{children}</SessionContext>;
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("useSession is for pages inside the shell");
  return session;
}

/** Whether the person's roles allow something somewhere. The server decides; this only keeps dead ends off the page. */
export function useMay(permission: string): boolean {
  return useSession().permissions.includes(permission);
}
