import { useEffect, useState } from "react";

/** A value once it has stood still for a moment: one question per pause, not per key. */
export function usePaused<T>(value: T, pause = 250): T {
  const text = JSON.stringify(value);
  const [paused, setPaused] = useState(value);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text stands for the value, which is new each time
  useEffect(() => {
    const timer = setTimeout(() => setPaused(value), pause);
    return () => clearTimeout(timer);
  }, [text]);
  return paused;
}
