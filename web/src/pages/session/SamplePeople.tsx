/**
 * One-click people of the sample organisation. Each has an address of their own (`engineer.localhost`), because
 * cookies belong to an address: so two people stand side by side in one browser. On that address the click signs in;
 * anywhere else it goes to that address first, which finishes by itself.
 */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ArrowUpRight } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { problemText, toProblem } from "~/api/problem";
import { keepSession, signInAsSample } from "~/api/queries/session";
import type { components } from "~/api/schema";
import { roleName } from "~/parts/roles";

type SamplePerson = components["schemas"]["SamplePerson"];
const marker = "#as=";

/** The person's own address, if it is a plain web address with another host than this page. */
function ownAddress(person: SamplePerson): URL | null {
  try {
    const url = new URL(person.url, window.location.href);
    const elsewhere = url.host !== window.location.host;
    return elsewhere && (url.protocol === "http:" || url.protocol === "https:") ? url : null;
  } catch {
    return null;
  }
}

export function SamplePeople({ people, next }: { people: SamplePerson[]; next: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const enter = useMutation({
    meta: { signIn: true },
    mutationFn: (name: string) => signInAsSample(name),
    onSuccess: async (session) => {
      keepSession(client, session);
      await navigate({ to: next });
    },
  });
  const arrived = useRef(false);
  const { mutate } = enter;
  useEffect(() => {
    const { hash } = window.location;
    if (arrived.current || !hash.startsWith(marker)) return;
    arrived.current = true;
    const name = decodeURIComponent(hash.slice(marker.length));
    const person = people.find((candidate) => candidate.name === name);
    if (person && !ownAddress(person)) mutate(name);
  }, [people, mutate]);

  const choose = (person: SamplePerson) => {
    const address = ownAddress(person);
    if (!address) return mutate(person.name);
    address.pathname = "/sign-in";
    address.search = next === "/" ? "" : `?next=${encodeURIComponent(next)}`;
    address.hash = `${marker.slice(1)}${encodeURIComponent(person.name)}`;
    window.location.assign(address);
  };

  return (
    <section className="sample-people" aria-labelledby="sample-title">
      <h2 id="sample-title">{t("session.sampleTitle")}</h2>
      <p className="soft">{t("session.sampleText")}</p>
      <ul>
        {people.map((person) => {
          const role = roleName(t, person.role);
          return (
            <li key={person.name}>
              <button type="button" disabled={enter.isPending} onClick={() => choose(person)}>
                <span className="stack grow">
                  <span className="sr-only">{t("session.signInAs")} </span>
                  <span className="strong">{person.display_name}</span>
                  <span className="dim">{role}</span>
                </span>
                <ArrowUpRight size={14} aria-hidden="true" />
              </button>
            </li>
          );
        })}
      </ul>
      {enter.isError && (
        <p className="session-error" role="alert">
          {problemText(t, toProblem(enter.error))}
        </p>
      )}
    </section>
  );
}
