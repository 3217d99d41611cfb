/**
 * The console's colours, in one place: neutral greys, one accent, and state colours that are used for state only.
 * They become CSS variables (`--surface`, `--state-running`, ...) and feed Ant Design's tokens, so both agree.
 * `tokens.test.ts` proves that text on each ground meets WCAG AA in both themes.
 */
export type ThemeName = "light" | "dark";

export interface Palette {
  canvas: string;
  surface: string;
  raised: string;
  sunken: string;
  hover: string;
  line: string;
  /** Borders of fields: 3:1 against the ground, so that their box can be seen. */
  "line-strong": string;
  /** Borders of buttons, whose words already show what they are. */
  "line-button": string;
  text: string;
  "text-2": string;
  "text-3": string;
  accent: string;
  "accent-hover": string;
  "accent-soft": string;
  "on-accent": string;
  "state-running": string;
  "state-stopped": string;
  "state-changing": string;
  "state-waiting": string;
  "state-failed": string;
  "state-unknown": string;
  "danger-solid": string;
  "on-danger": string;
  "soft-failed": string;
  "soft-waiting": string;
  "soft-running": string;
  shadow: string;
}

export const palettes: Record<ThemeName, Palette> = {
  light: {
    canvas: "#f6f6f7",
    surface: "#ffffff",
    raised: "#ffffff",
    sunken: "#efeff1",
    hover: "#f3f3f5",
    line: "#e4e4e7",
    "line-strong": "#92929c",
    "line-button": "#cfcfd6",
    text: "#19191d",
    "text-2": "#4f4f58",
    "text-3": "#66666f",
    accent: "#2c56c9",
    "accent-hover": "#2348ad",
    "accent-soft": "#e8eefc",
    "on-accent": "#ffffff",
    "state-running": "#147a3a",
    "state-stopped": "#6b6b75",
    "state-changing": "#7430d8",
    "state-waiting": "#a84b08",
    "state-failed": "#c81e1e",
    "state-unknown": "#66666f",
    "danger-solid": "#c81e1e",
    "on-danger": "#ffffff",
    "soft-failed": "#fdeeee",
    "soft-waiting": "#fdf3e3",
    "soft-running": "#e9f6ee",
    shadow: "rgb(20 20 30 / 12%)",
  },
  dark: {
    canvas: "#101012",
    surface: "#17171a",
    raised: "#1f1f23",
    sunken: "#0b0b0d",
    hover: "#1e1e22",
    line: "#2b2b30",
    "line-strong": "#6f6f7a",
    "line-button": "#3d3d45",
    text: "#ededf0",
    "text-2": "#b0b0ba",
    "text-3": "#93939e",
    accent: "#8aabff",
    "accent-hover": "#a6c0ff",
    "accent-soft": "#1c2745",
    "on-accent": "#0b1430",
    "state-running": "#4cc97b",
    "state-stopped": "#93939e",
    "state-changing": "#b394ff",
    "state-waiting": "#f0ad3d",
    "state-failed": "#ff7f78",
    "state-unknown": "#93939e",
    "danger-solid": "#e5534b",
    "on-danger": "#14090a",
    "soft-failed": "#321719",
    "soft-waiting": "#2f2310",
    "soft-running": "#12291b",
    shadow: "rgb(0 0 0 / 50%)",
  },
};

export const fonts = {
  sans: '"Inter Variable", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", system-ui, sans-serif',
  mono: '"JetBrains Mono Variable", ui-monospace, "SFMono-Regular", Menlo, Consolas, "Noto Sans Mono CJK SC", monospace',
};

/** Writes the palette as CSS variables on the document, and tells the browser which scheme its own parts use. */
export function applyPalette(name: ThemeName, root: HTMLElement = document.documentElement): void {
  for (const [key, value] of Object.entries(palettes[name])) root.style.setProperty(`--${key}`, value);
  root.style.setProperty("--sans", fonts.sans);
  root.style.setProperty("--mono", fonts.mono);
  root.style.colorScheme = name;
  root.dataset.theme = name;
}
