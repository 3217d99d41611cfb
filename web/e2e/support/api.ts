/** The API as a sample person, for what a test needs before it begins. What a test is about is done in the browser. */
import { randomUUID } from "node:crypto";
import { type APIRequestContext, type APIResponse, expect, request } from "@playwright/test";
import type { components } from "../../src/api/schema";

type Schemas = components["schemas"];
export type Person = "engineer" | "approver" | "admin" | "auditor";

/** Names as people see them. */
export const people: Record<Person, string> = {
  engineer: "Erin Engineer",
  approver: "Alex Approver",
  admin: "Ada Admin",
  auditor: "Otto Auditor",
};

export const address = () => {
  const url = process.env.SHEPHERD_URL;
  if (!url) throw new Error("SHEPHERD_URL is set by the set-up of all tests");
  return new URL(url);
};

/** A short name that no earlier run against the same instance has used. */
export const fresh = (stem: string) => `${stem}${Date.now().toString(36).slice(-6)}`;

/** The address of a person's own, where the browser keeps their session apart. */
export function homeOf(person: string): string {
  return `http://${person}.localhost:${address().port}`;
}

export class Api {
  readonly #context: APIRequestContext;

  private constructor(context: APIRequestContext) {
    this.#context = context;
  }

  static async as(person: Person): Promise<Api> {
    const { origin } = address();
    // Node need not know that names below localhost are this machine; the plain address is as good for a program.
    const context = await request.newContext({ baseURL: origin, extraHTTPHeaders: { origin } });
    const api = new Api(context);
    await api.post("session/sample", { name: person });
    return api;
  }

  async get<Answer>(path: string): Promise<Answer> {
    return answer(await this.#context.get(`/api/v1/${path}`));
  }

  async post<Answer>(path: string, data: object): Promise<Answer> {
    return answer(await this.#send(path, data));
  }

  /** The code of the problem with which a call is refused. */
  async refusal(path: string, data: object): Promise<string> {
    const response = await this.#send(path, data);
    expect(response.ok(), `${path} is refused`).toBe(false);
    return ((await response.json()) as { code: string }).code;
  }

  #send(path: string, data: object): Promise<APIResponse> {
    return this.#context.post(`/api/v1/${path}`, { data, headers: { "idempotency-key": randomUUID() } });
  }

  /** Asks for a VM of the sample organisation's `web` in `test`. */
  async requestVm(greeting: string, reason: string): Promise<Schemas["Request"]> {
    const body = await this.vmBody();
    return this.post("requests", { ...body, variables: { greeting }, reason, another: true });
  }

  async vmBody(namespace = "test"): Promise<Schemas["RequestVm"]> {
    const [services, namespaces, templates, sizes] = await Promise.all([
      this.get<Schemas["ServicePage"]>("services?limit=200"),
      this.get<Schemas["NamespacePage"]>("namespaces?limit=200"),
      this.get<Schemas["TemplatePage"]>("templates?limit=200"),
      this.get<Schemas["SizePage"]>("sizes?limit=200"),
    ]);
    const id = (rows: { name: string; id: string }[], name: string) =>
      rows.find((row) => row.name === name)?.id ?? "";
    const version = (rows: { name: string; versions: { id: string }[] }[], name: string) =>
      rows.find((row) => row.name === name)?.versions[0]?.id ?? "";
    return {
      service_id: id(services.items, "web"),
      namespace_id: id(namespaces.items, namespace),
      template_version_id: version(templates.items, "demo-linux"),
      size_version_id: version(sizes.items, "small"),
      ssh_key_ids: [],
    };
  }

  /** Somebody with a password for one sign-in, who holds these roles in every environment. */
  async createPerson(name: string, displayName: string, roles: string[]): Promise<string> {
    const made = await this.post<Schemas["NewPerson"]>("people", { name, display_name: displayName });
    for (const role of roles)
      await this.post(`people/${made.person.id}/bindings`, { role, environment_ids: [] });
    return made.password;
  }

  /** A VM by its name. */
  async vm(name: string): Promise<Schemas["VmSummary"]> {
    const page = await this.get<Schemas["VmPage"]>(`vms?q=${name}&limit=10`);
    const found = page.items.find((vm) => vm.name === name);
    if (!found) throw new Error(`there is no ${name}`);
    return found;
  }

  close(): Promise<void> {
    return this.#context.dispose();
  }
}

async function answer<Answer>(response: APIResponse): Promise<Answer> {
  const text = await response.text();
  expect(response.ok(), `${response.url()}: ${response.status()} ${text}`).toBe(true);
  return (text === "" ? undefined : JSON.parse(text)) as Answer;
}
