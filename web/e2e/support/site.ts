/** A cluster of a test's own: the embedded engine as a process, with two zones and guests that are only simulated. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "@playwright/test";

const patienceMs = 60_000;

export interface Site {
  kubeconfig: string;
  /** What is in it. */
  token: string;
  /** A stopped VM that nobody governs. */
  makeVm: (name: string, labels: Record<string, string>) => Promise<void>;
  stop: () => Promise<void>;
}

export async function startSite(): Promise<Site> {
  const program = process.env.SHEPHERD_BIN;
  if (!program) throw new Error("SHEPHERD_BIN names no program; use `make e2e`");
  const data = mkdtempSync(join(tmpdir(), "shepherd-site-"));
  const zones = ["--zone", "east", "--further-node", "second=west"];
  const child = spawn(
    program,
    [
      "minivirt",
      "serve",
      "--runtime",
      "simulated",
      "--no-sync",
      "--listen",
      "127.0.0.1:0",
      "--data",
      data,
      ...zones,
    ],
    { stdio: "ignore" },
  );
  const stop = () =>
    new Promise<void>((resolve) => {
      const done = () => {
        rmSync(data, { recursive: true, force: true });
        resolve();
      };
      if (child.exitCode !== null || child.signalCode !== null) return done();
      child.once("exit", done);
      child.kill("SIGTERM");
    });
  // Its kubeconfig is written when it serves.
  const file = join(data, "kubeconfig");
  await expect
    .poll(() => existsSync(file) || child.exitCode !== null, {
      timeout: patienceMs,
      message: "the cluster serves",
    })
    .toBe(true);
  const kubeconfig = readFileSync(file, "utf8");
  const parsed = JSON.parse(kubeconfig) as {
    clusters: { cluster: { server: string; "certificate-authority-data": string } }[];
    users: { user: { token: string } }[];
  };
  const cluster = parsed.clusters[0]?.cluster;
  const token = parsed.users[0]?.user.token;
  if (!cluster || !token) throw new Error("its kubeconfig is of another form");
  const ca = Buffer.from(cluster["certificate-authority-data"], "base64");
  const makeVm = (name: string, labels: Record<string, string>) =>
    new Promise<void>((resolve, reject) => {
      const url = new URL("/apis/kubevirt.io/v1/namespaces/default/virtualmachines", cluster.server);
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const call = request(url, { method: "POST", ca, headers }, (answer) => {
        answer.resume();
        if (answer.statusCode === 201) resolve();
        else reject(new Error(`the cluster answers ${answer.statusCode}`));
      });
      call.once("error", reject);
      const domain = { devices: {}, memory: { guest: "64Mi" } };
      call.end(
        JSON.stringify({
          apiVersion: "kubevirt.io/v1",
          kind: "VirtualMachine",
          metadata: { name, labels },
          spec: { runStrategy: "Halted", template: { spec: { domain } } },
        }),
      );
    });
  return { kubeconfig, token, makeVm, stop };
}
