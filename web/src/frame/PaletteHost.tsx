/** Opens the command palette on Ctrl K (or Command K) from anywhere; its code loads at the first use. */
import {
  createContext,
  lazy,
  type ReactNode,
  Suspense,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useState,
} from "react";

const CommandPalette = lazy(() => import("./CommandPalette"));
const PaletteContext = createContext<{ open: () => void }>({ open: () => {} });

export function usePalette() {
  return useContext(PaletteContext);
}

export function PaletteHost({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState(false);
  const open = useCallback(() => setShown(true), []);
  const close = useCallback(() => setShown(false), []);
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (
        event.key.toLowerCase() !== "k" ||
        !(event.ctrlKey || event.metaKey) ||
        event.shiftKey ||
        event.altKey
      )
        return;
      event.preventDefault();
      setShown((old) => !old);
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
  const value = useMemo(() => ({ open }), [open]);
  return (
    <PaletteContext value={value}>
      {children}
      {shown && (
        <Suspense>
          <CommandPalette onClose={close} />
        </Suspense>
      )}
    </PaletteContext>
  );
}
