/**
 * The list of the console: rows of one height, loaded by cursor as one scrolls, only the visible ones in the page,
 * so ten thousand stay smooth. Rows are reached by keyboard (arrows or J and K, Enter opens, Space selects).
 * Selection survives paging and is cleared when the filter changes. Rows update in place; new ones are offered.
 */
import {
  hashKey,
  type InfiniteData,
  type QueryKey,
  type UseInfiniteQueryOptions,
  useInfiniteQuery,
} from "@tanstack/react-query";
import { Button } from "antd";
import { type ReactNode, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { freshRows, useFreshRows } from "~/app/fresh-rows";
import { Failure } from "../states";
import { ColumnMenu, useColumns } from "./columns";
import "./list.css";
import { Rows } from "./Rows";

export interface Column<Row> {
  key: string;
  title: string;
  render: (row: Row) => ReactNode;
  width?: string;
  align?: "right";
  /** Offered in the column menu, not shown at first. */
  hidden?: boolean;
  /** Cannot be taken away. */
  fixed?: boolean;
}

interface PageOf<Row> {
  items: Row[];
  next_cursor?: string | null;
}

type PagedOptions<Row> = UseInfiniteQueryOptions<
  PageOf<Row>,
  Error,
  InfiniteData<PageOf<Row>>,
  // biome-ignore lint/suspicious/noExplicitAny: keys of each resource have their own shape
  any,
  string | undefined
>;

export interface ResourceListProps<Row extends { id: string | number }> {
  /** For screen readers, and for remembering the chosen columns. */
  name: string;
  label: string;
  query: PagedOptions<Row>;
  columns: Column<Row>[];
  filters?: ReactNode;
  actions?: ReactNode;
  onOpen: (row: Row) => void;
  empty: ReactNode;
  /** Shown instead of `empty` when filters are set. */
  nothing?: ReactNode;
  filtered?: boolean;
  /** What can be done with the selected rows; without it there are no check boxes. */
  bulk?: (rows: Row[], clear: () => void) => ReactNode;
}

export function ResourceList<Row extends { id: string | number }>(props: ResourceListProps<Row>) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(props.query);
  const list = hashKey(props.query.queryKey as QueryKey);
  const fresh = useFreshRows(list);
  const rows = useMemo(() => unique(query.data?.pages.flatMap((page) => page.items) ?? []), [query.data]);
  const { shown, choice } = useColumns(props.name, props.columns);
  const [selected, setSelected] = useState<ReadonlySet<Row["id"]>>(new Set());
  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter is another list
  useEffect(() => setSelected(new Set()), [list]);
  const chosen = rows.filter((row) => selected.has(row.id));
  const showFresh = () => {
    freshRows.clear(list);
    void query.refetch();
  };

  return (
    <section aria-label={props.label} className="list">
      <div className="list-bar">
        <div className="row row-wrap grow">{props.filters}</div>
        <div className="row gap-1">
          {fresh && (
            <Button size="small" onClick={showFresh}>
              {t("list.fresh")}
            </Button>
          )}
          {props.actions}
          <ColumnMenu columns={props.columns} choice={choice} />
        </div>
      </div>
      {query.isError && rows.length === 0 ? (
        <Failure error={query.error} retry={() => void query.refetch()} />
      ) : query.isSuccess && rows.length === 0 ? (
        props.filtered ? (
          (props.nothing ?? <p className="soft list-nothing">{t("list.nothing")}</p>)
        ) : (
          props.empty
        )
      ) : (
        <Rows
          label={props.label}
          rows={rows}
          columns={shown}
          loading={query.isPending}
          more={query.hasNextPage}
          onMore={() => {
            if (!query.isFetchingNextPage && !query.isFetchNextPageError) void query.fetchNextPage();
          }}
          onOpen={props.onOpen}
          {...(props.bulk ? { selected, onSelect: setSelected } : {})}
        />
      )}
      {chosen.length > 0 && props.bulk && (
        <div className="row list-bulk" role="status">
          <span className="strong">{t("list.selected", { count: chosen.length })}</span>
          {props.bulk(chosen, () => setSelected(new Set()))}
          <Button size="small" type="text" onClick={() => setSelected(new Set())}>
            {t("common.clear")}
          </Button>
        </div>
      )}
      {query.isFetchNextPageError && (
        <Failure part error={query.error} retry={() => void query.fetchNextPage()} />
      )}
    </section>
  );
}

/** A row that moved between two pages while they were read is shown once. */
function unique<Row extends { id: string | number }>(rows: Row[]): Row[] {
  const seen = new Set<string | number>();
  return rows.filter((row) => !seen.has(row.id) && seen.add(row.id));
}
