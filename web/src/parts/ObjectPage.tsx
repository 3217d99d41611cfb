/** The page of one thing. Title, state, the three facts that matter, the primary action, then tabs. */
import { Tabs } from "antd";
import type { ReactNode } from "react";
import { type Fact, Facts, useTitle } from "./Page";

export interface Tab {
  key: string;
  label: ReactNode;
  content: ReactNode;
}

interface Props {
  /** Where it belongs: links from the outside in. */
  above?: ReactNode;
  title: string;
  shown?: ReactNode;
  state?: ReactNode;
  labels?: ReactNode;
  facts: Fact[];
  action?: ReactNode;
  notes?: ReactNode;
  tabs: Tab[];
  tab: string | undefined;
  onTab: (key: string) => void;
}

export function ObjectPage(props: Props) {
  useTitle(props.title);
  const tab = props.tabs.find((candidate) => candidate.key === props.tab) ?? props.tabs[0];
  return (
    <div className="page-pad">
      {props.above && <div className="page-above">{props.above}</div>}
      <div className="page-head">
        <div className="stack gap-3 grow">
          <div className="row row-wrap gap-3">
            <h1 className="object-title">{props.shown ?? props.title}</h1>
            {props.state}
            {props.labels}
          </div>
          <Facts facts={props.facts} />
        </div>
        {props.action && <div className="row">{props.action}</div>}
      </div>
      {props.notes}
      {props.tabs.length > 1 ? (
        <Tabs
          activeKey={tab?.key ?? ""}
          onChange={props.onTab}
          destroyOnHidden
          items={props.tabs.map(({ key, label, content }) => ({ key, label, children: content }))}
        />
      ) : (
        tab?.content
      )}
    </div>
  );
}
