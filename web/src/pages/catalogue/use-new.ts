import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMay } from "~/app/session";

/** Whether the form for a new one is open: it stands in the address, so that the palette and a link can open it. */
export function useNew() {
  const search = useSearch({ from: "/shell/catalogue" });
  const navigate = useNavigate();
  const may = useMay("catalogue:manage");
  const set = (open: boolean) =>
    void navigate({
      to: "/catalogue",
      search: { ...(search.tab ? { tab: search.tab } : {}), ...(open ? { new: true } : {}) },
      replace: true,
    });
  return { may, shown: may && search.new === true, open: () => set(true), close: () => set(false) };
}
