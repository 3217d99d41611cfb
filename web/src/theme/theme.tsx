/** Which theme is on: the person's choice, or the system's. Kept in this browser, applied before the first paint. */
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { applyPalette, type ThemeName } from "./tokens";

export type ThemeChoice = ThemeName | "system";
const storageKey = "shepherd.theme";
const darkQuery = "(prefers-color-scheme: dark)";
const motionQuery = "(prefers-reduced-motion: reduce)";

function storedChoice(): ThemeChoice {
  const value = localStorage.getItem(storageKey);
  return value === "light" || value === "dark" ? value : "system";
}

function resolve(choice: ThemeChoice): ThemeName {
  if (choice !== "system") return choice;
  return matchMedia(darkQuery).matches ? "dark" : "light";
}

/** Called by `main.tsx` before React starts, so that nothing flashes. */
export function applyStoredTheme(): void {
  applyPalette(resolve(storedChoice()));
}

function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const listen = () => setMatches(list.matches);
    list.addEventListener("change", listen);
    return () => list.removeEventListener("change", listen);
  }, [query]);
  return matches;
}

interface ThemeState {
  choice: ThemeChoice;
  name: ThemeName;
  reducedMotion: boolean;
  choose: (choice: ThemeChoice) => void;
}

const ThemeContext = createContext<ThemeState | null>(null);

export function ThemeProvider({ children }: { children: ReactNode }) {
  const [choice, setChoice] = useState(storedChoice);
  const systemDark = useMedia(darkQuery);
  const reducedMotion = useMedia(motionQuery);
  const name: ThemeName = choice === "system" ? (systemDark ? "dark" : "light") : choice;
  useEffect(() => applyPalette(name), [name]);
  const value = useMemo(
    () => ({
      choice,
      name,
      reducedMotion,
      choose: (next: ThemeChoice) => {
        localStorage.setItem(storageKey, next);
        setChoice(next);
      },
    }),
    [choice, name, reducedMotion],
  );
  return <ThemeContext value={value}>{children}</ThemeContext>;
}

export function useTheme(): ThemeState {
  const value = useContext(ThemeContext);
  if (!value) throw new Error("useTheme needs a ThemeProvider around it");
  return value;
}
