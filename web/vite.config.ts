/// <reference types="vitest/config" />
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type PluginOption } from "vite";
import later from "./src/i18n/later.json" with { type: "json" };

/** A developer may keep a private Vite plugin in `.local/` (ignored by git); it is never part of a build. */
async function localPlugin(command: string): Promise<PluginOption> {
  const file = fileURLToPath(new URL(".local/plugin.ts", import.meta.url));
  if (command !== "serve" || process.env.VITEST || !existsSync(file)) return null;
  return (await import(file)).default();
}

function messageFile(id: string): string | null {
  const found = /\/locales\/([^/]+)\/([^/]+)\.json/.exec(id);
  // The names of the languages are said at once; with the words of one they would bring all words of each along.
  if (found?.[2] === "meta") return null;
  return found ? `${found[1]}-${later.includes(found[2] ?? "") ? "more-" : ""}messages` : null;
}

export default defineConfig(async ({ command }) => ({
  plugins: [react(), await localPlugin(command)],
  resolve: { alias: { "~": fileURLToPath(new URL("src", import.meta.url)) } },
  server: {
    port: 5173,
    proxy: {
      "/api": { target: process.env.SHEPHERD_URL ?? "http://127.0.0.1:8787", ws: true },
    },
  },
  build: {
    target: "es2022",
    manifest: true,
    // Fonts and pictures stay files: the content security policy allows no data: URLs for them.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // Two files per language, whatever the number of message files: for the first page, and the rest.
            { name: messageFile },
            // What every page needs, in one file that seldom changes.
            {
              name: "core",
              test: /node_modules\/(react|react-dom|scheduler|@tanstack\/(?!react-virtual|virtual)|i18next|react-i18next|openapi-fetch|use-sync-external-store)\b/,
            },
            { name: "base", test: /src\/(api|app|theme)\/(?!router|.*test)/ },
          ],
        },
      },
    },
  },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"], setupFiles: ["src/test-setup.ts"] },
}));
