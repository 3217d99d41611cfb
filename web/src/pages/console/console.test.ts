import { describe, expect, it } from "vitest";
import type { ConsoleTicket } from "~/api/types";
import { endOf } from "./console-end";
import { streamUrl } from "./use-console-access";

const ticket = (url: string) => ({ url }) as ConsoleTicket;

describe("the address of a console", () => {
  it("is a path of ours, over TLS where the page is", () => {
    const path = "/api/v1/vms/1/console/stream?ticket=abc";
    expect(streamUrl(ticket(path), "https://shepherd.example/vms/1")).toBe(`wss://shepherd.example${path}`);
    expect(streamUrl(ticket(path), "http://engineer.localhost:8787/")).toBe(
      `ws://engineer.localhost:8787${path}`,
    );
  });

  it("is never another host", () => {
    expect(() => streamUrl(ticket("//evil.example/x"), "https://shepherd.example/")).toThrow();
    expect(() => streamUrl(ticket("wss://evil.example/x"), "https://shepherd.example/")).toThrow();
  });
});

it("says why a console ended", () => {
  const ends = [1000, 1001, 4000, 4003, 1006].map((code) => endOf(code, true));
  expect(ends).toEqual(["left", "stopping", "guest", "revoked", "lost"]);
  expect(endOf(1006, false)).toBe("refused");
});
