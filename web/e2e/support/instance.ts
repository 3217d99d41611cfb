/**
 * One whole instance for all browser tests: `shepherd up` with the sample organisation in an empty directory, on a
 * free port. Also here: killing its server, which `up` then starts again.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const patienceMs = 180_000;
const stopMs = 60_000;

export interface Instance {
  url: string;
  /** Stops everything and keeps the logs in this directory. */
  stop: (keepLogs: string) => Promise<void>;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (address && typeof address === "object" ? resolve(address.port) : reject()));
    });
  });
}

function program(): string {
  const given = process.env.SHEPHERD_BIN;
  if (!given || !existsSync(given)) throw new Error("SHEPHERD_BIN names no program; use `make e2e`");
  return given;
}

/** Starts it and waits until the sample organisation, its real guest included, has been asked for. */
export async function startInstance(): Promise<Instance> {
  const data = mkdtempSync(join(tmpdir(), "shepherd-e2e-"));
  // Started by root it goes on as an unprivileged account, which makes the directory its own.
  chmodSync(data, 0o755);
  const port = await freePort();
  const { DATABASE_URL: _, ...environment } = process.env;
  const child = spawn(program(), ["up", "--data", data, "--listen", `127.0.0.1:${port}`, "--vms", "6"], {
    env: environment,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8");
  const stop = async (keepLogs: string) => {
    await ended(child);
    if (existsSync(join(data, "logs"))) cpSync(join(data, "logs"), keepLogs, { recursive: true });
    rmSync(data, { recursive: true, force: true });
  };
  try {
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error("not ready in time")), patienceMs);
      const fail = (why: string) => {
        clearTimeout(late);
        reject(new Error(why));
      };
      child.once("error", (error) => fail(String(error)));
      child.once("exit", (code) => fail(`it ended with ${code}`));
      child.stderr.on("data", (text: string) => {
        said += text;
        if (said.includes("the sample organisation is incomplete")) fail("no sample organisation");
        if (!said.includes("sample organisation: complete")) return;
        clearTimeout(late);
        resolve();
      });
    });
  } catch (error) {
    const words = [said, lastWords(join(data, "logs"))].join("\n");
    await stop(join("test-results", "logs"));
    throw new Error(`shepherd up: ${error instanceof Error ? error.message : error}\n${words}`);
  }
  return { url: `http://127.0.0.1:${port}`, stop };
}

/** Asks it to stop, as Ctrl-C would; guests and database are stopped with it. */
function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    const late = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error("shepherd up did not stop"));
    }, stopMs);
    child.once("exit", () => {
      clearTimeout(late);
      resolve();
    });
    child.kill("SIGTERM");
  });
}

function lastWords(logs: string): string {
  if (!existsSync(logs)) return "";
  return readdirSync(logs)
    .map((name) => `${name}:\n${readFileSync(join(logs, name), "utf8").split("\n").slice(-15).join("\n")}`)
    .join("\n");
}

/** Kills the server process that listens at this address as nothing else would. `up` starts it again. */
export function killServer(url: string): void {
  const listen = new URL(url).host;
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    let words: string[];
    try {
      words = readFileSync(`/proc/${entry}/cmdline`, "utf8").split("\0");
    } catch {
      continue;
    }
    if (words[1] !== "serve" || !words.includes(listen)) continue;
    process.kill(Number(entry), "SIGKILL");
    return;
  }
  throw new Error(`no server listens at ${listen}`);
}

/** Whether the server serves. */
export async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(new URL("/readyz", url))).ok;
  } catch {
    return false;
  }
}
