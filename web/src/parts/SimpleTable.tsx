import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Failure, SkeletonLines } from "./states";

export interface SimpleColumn<Row> {
  title: string;
  /** The title is for screen readers only. */
  quiet?: boolean;
  render: (row: Row) => ReactNode;
}

/** A short table of things that are read, not worked on. */
export function SimpleTable<Row>(props: {
  what: string;
  query: UseQueryResult<unknown, Error>;
  rows: Row[];
  rowKey: (row: Row) => string;
  columns: SimpleColumn<Row>[];
  /** What to show where there is nothing. */
  empty?: ReactNode;
}) {
  const { t } = useTranslation();
  const { query, rows, columns } = props;
  if (query.isPending) return <SkeletonLines lines={5} what={props.what} />;
  if (query.isError) return <Failure part error={query.error} retry={() => void query.refetch()} />;
  if (rows.length === 0) return props.empty ?? <p className="soft">{t("list.none")}</p>;
  return (
    <div className="table-scroll">
      <table className="small-table" aria-label={props.what}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.title} scope="col">
                {column.quiet ? <span className="sr-only">{column.title}</span> : column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={props.rowKey(row)}>
              {columns.map((column) => (
                <td key={column.title}>{column.render(row)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
