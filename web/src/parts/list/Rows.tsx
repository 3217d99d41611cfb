import { useVirtualizer } from "@tanstack/react-virtual";
import { Checkbox } from "antd";
import { type KeyboardEvent, type MouseEvent, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Bone } from "../states";
import type { Column } from "./ResourceList";

const rowHeight = 40;

interface RowsProps<Row extends { id: string | number }> {
  label: string;
  rows: Row[];
  columns: Column<Row>[];
  loading: boolean;
  more: boolean;
  onMore: () => void;
  onOpen: (row: Row) => void;
  selected?: ReadonlySet<Row["id"]>;
  onSelect?: (selected: ReadonlySet<Row["id"]>) => void;
}

export function Rows<Row extends { id: string | number }>(props: RowsProps<Row>) {
  const { t } = useTranslation();
  const { rows, columns, selected, onSelect, onMore, more } = props;
  const table = useRef<HTMLTableElement>(null);
  const [active, setActive] = useState(0);
  const [margin, setMargin] = useState(0);
  const moving = useRef(false);
  useLayoutEffect(() => setMargin(table.current?.offsetTop ?? 0), []);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => document.getElementById("main"),
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollMargin: margin,
    // A row that is moved to stays clear of the sticky head above and of the selection bar below.
    scrollPaddingStart: 40,
    scrollPaddingEnd: 72,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && rows.length > 0 && last >= rows.length - 20) onMore();
  }, [more, last, rows.length, onMore]);

  const current = Math.min(active, Math.max(0, rows.length - 1));
  const focusRow = (index: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, index));
    moving.current = true;
    setActive(next);
    virtual.scrollToIndex(next, { align: "auto" });
  };
  useEffect(() => {
    if (!moving.current) return;
    moving.current = false;
    table.current?.querySelector<HTMLElement>(`[data-index="${current}"]`)?.focus({ preventScroll: true });
  });

  const toggle = (row: Row) => {
    if (!onSelect) return;
    const next = new Set(selected);
    if (!next.delete(row.id)) next.add(row.id);
    onSelect(next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = rows[current];
    const onRow = event.target instanceof HTMLTableRowElement;
    if (event.key === "ArrowDown" || event.key === "j") focusRow(current + 1);
    else if (event.key === "ArrowUp" || event.key === "k") focusRow(current - 1);
    else if (event.key === "Home") focusRow(0);
    else if (event.key === "End") focusRow(rows.length - 1);
    else if (event.key === "Enter" && row && onRow) props.onOpen(row);
    else if ((event.key === " " || event.key === "x") && row && onRow && onSelect) toggle(row);
    else return;
    event.preventDefault();
  };
  const onClick = (event: MouseEvent, row: Row) => {
    // A link, a button or selected text inside the row means something else than opening the row.
    if ((event.target as HTMLElement).closest("a, button, input, label")) return;
    if (window.getSelection()?.toString()) return;
    props.onOpen(row);
  };

  const before = items[0] ? items[0].start - margin : 0;
  const after = items.length > 0 ? virtual.getTotalSize() - ((items.at(-1)?.end ?? 0) - margin) : 0;
  const span = columns.length + (onSelect ? 1 : 0);
  return (
    <table ref={table} className="rows" aria-label={props.label} aria-rowcount={more ? -1 : rows.length + 1}>
      <colgroup>
        {onSelect && <col style={{ width: 36 }} />}
        {columns.map((column) => (
          <col key={column.key} style={column.width ? { width: column.width } : undefined} />
        ))}
      </colgroup>
      <thead>
        <tr>
          {onSelect && (
            <th scope="col">
              <span className="sr-only">{t("list.select")}</span>
            </th>
          )}
          {columns.map((column) => (
            <th key={column.key} scope="col" className={column.align === "right" ? "right" : undefined}>
              {column.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody onKeyDown={onKeyDown}>
        {props.loading && <SkeletonRows columns={span} />}
        {before > 0 && <Spacer height={before} span={span} />}
        {items.map(({ index }) => {
          const row = rows[index];
          if (!row) return null;
          return (
            <tr
              key={row.id}
              data-index={index}
              aria-rowindex={index + 2}
              tabIndex={index === current ? 0 : -1}
              aria-selected={onSelect ? selected?.has(row.id) : undefined}
              className={selected?.has(row.id) ? "picked" : undefined}
              onFocus={() => setActive(index)}
              onClick={(event) => onClick(event, row)}
            >
              {onSelect && (
                <td>
                  <Checkbox
                    checked={selected?.has(row.id) ?? false}
                    onChange={() => toggle(row)}
                    aria-label={t("list.select")}
                  />
                </td>
              )}
              {columns.map((column) => (
                <td key={column.key} className={column.align === "right" ? "right" : undefined}>
                  {column.render(row)}
                </td>
              ))}
            </tr>
          );
        })}
        {after > 0 && <Spacer height={after} span={span} />}
        {more && !props.loading && <SkeletonRows columns={span} count={2} />}
      </tbody>
    </table>
  );
}

function Spacer({ height, span }: { height: number; span: number }) {
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: an empty row cannot take focus
    <tr aria-hidden="true" className="spacer">
      <td colSpan={span} style={{ height }} />
    </tr>
  );
}

function SkeletonRows({ columns, count = 10 }: { columns: number; count?: number }) {
  return Array.from({ length: count }, (_, row) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: bones have no identity
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: an empty row cannot take focus
    <tr key={row} aria-hidden="true" className="spacer">
      {Array.from({ length: columns }, (_, column) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: bones have no identity
        <td key={column}>
          <Bone width={`${40 + ((row * 7 + column * 13) % 40)}%`} />
        </td>
      ))}
    </tr>
  ));
}
