/** The frame of a page: a title line with its action, then what it is about. Object pages (`ObjectPage`) add facts and tabs. */
import { type ReactNode, useEffect } from "react";
import { useTranslation } from "react-i18next";
import "./page.css";

/** Names the tab of the browser. */
export function useTitle(title: string | undefined): void {
  const { t } = useTranslation();
  const app = t("common.appName");
  useEffect(() => {
    document.title = title ? `${title} · ${app}` : app;
  }, [title, app]);
}

interface PageProps {
  /** Where it belongs: links from the outside in. */
  above?: ReactNode;
  title: string;
  lead?: ReactNode;
  action?: ReactNode;
  children: ReactNode;
}

export function Page(props: PageProps) {
  useTitle(props.title);
  return (
    <div className="page-pad">
      {props.above && <div className="page-above">{props.above}</div>}
      <div className="page-head">
        <div>
          <h1>{props.title}</h1>
          {props.lead && <p className="soft page-lead">{props.lead}</p>}
        </div>
        {props.action && <div className="row">{props.action}</div>}
      </div>
      {props.children}
    </div>
  );
}

export interface Fact {
  label: string;
  value: ReactNode;
}

export function Facts({ facts }: { facts: Fact[] }) {
  return (
    <dl className="facts">
      {facts.map((fact) => (
        <div key={fact.label}>
          <dt>{fact.label}</dt>
          <dd>{fact.value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Label and value pairs, one to a line. */
export function Details({ facts }: { facts: Fact[] }) {
  return (
    <dl className="details">
      {facts.map((fact) => (
        <div key={fact.label}>
          <dt>{fact.label}</dt>
          <dd>{fact.value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A titled group on a page. */
export function Section(props: { title: ReactNode; extra?: ReactNode; children: ReactNode; id?: string }) {
  return (
    <section className="section" id={props.id}>
      <div className="row spread section-head">
        <h2>{props.title}</h2>
        {props.extra}
      </div>
      {props.children}
    </section>
  );
}
