import type { Column, Table } from '~/api/types';
import { compareNames } from '~/format/text';
import { parseTime } from '~/format/time';

/** A row of a table: what the snapshot says under the keys of its columns. */
export type Row = Record<string, unknown>;

/** What a table shows: a list of rows, or the fields of one thing. */
export type Content =
  { kind: 'rows'; columns: Column[]; rows: Row[] } | { kind: 'record'; columns: Column[]; record: Row };

/** What is at a dotted path; undefined where the path leads nowhere. */
export function at(document: unknown, path: string): unknown {
  if (path === '') return document;
  return path.split('.').reduce<unknown>((value, key) => {
    if (typeof value !== 'object' || value === null) return undefined;
    return (value as Record<string, unknown>)[key];
  }, document);
}

/** What a table shows of a snapshot. */
export function contentOf(table: Table, document: unknown): Content {
  const value = at(document, table.path);
  if (Array.isArray(value)) {
    const key = table.columns[0]?.key ?? 'value';
    const rows = value.map((item): Row => (isObject(item) ? item : { [key]: item }));
    return { kind: 'rows', columns: table.columns.length > 0 ? table.columns : columnsOf(rows), rows };
  }
  if (!isObject(value)) return { kind: 'rows', columns: table.columns, rows: [] };
  const scalars = Object.values(value).every((each) => !isObject(each));
  if (
    table.columns.some((column) => at(value, column.key) !== undefined) ||
    (table.columns.length === 0 && scalars)
  ) {
    const columns = table.columns.length > 0 ? table.columns : columnsOf([value]);
    return {
      kind: 'record',
      columns: columns.filter((column) => present(at(value, column.key))),
      record: value,
    };
  }
  // An object that maps names to things: its keys are a column too.
  const rows = Object.entries(value).map(([key, item]): Row =>
    isObject(item) ? { key, ...item } : { key, value: item },
  );
  return { kind: 'rows', columns: table.columns.length > 0 ? table.columns : columnsOf(rows), rows };
}

/** Whether a table has nothing to show. */
export function isEmpty(content: Content): boolean {
  return content.kind === 'rows' ? content.rows.length === 0 : content.columns.length === 0;
}

function columnsOf(rows: readonly Row[]): Column[] {
  const keys = new Set(rows.flatMap((row) => Object.keys(row)));
  return [...keys].map((key) => {
    const sample = rows.find((row) => present(row[key]))?.[key];
    const kind =
      typeof sample === 'number'
        ? 'number'
        : typeof sample === 'boolean'
          ? 'flag'
          : Array.isArray(sample)
            ? 'list'
            : 'text';
    const title = key.replaceAll('_', ' ');
    return { key, kind, title: title.charAt(0).toUpperCase() + title.slice(1) };
  });
}

/** Whether there is anything to show. */
export function present(value: unknown): boolean {
  return (
    value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)
  );
}

/** A moment in milliseconds since 1970, from RFC 3339 or seconds. */
export function momentOf(value: unknown): number | null {
  if (typeof value === 'number') return value > 0 ? value * 1000 : null;
  return typeof value === 'string' ? parseTime(value) : null;
}

/** A value as plain text, for filtering and for cells without another form. */
export function plain(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(plain).join(', ');
  if (isObject(value))
    return Object.entries(value)
      .map(([key, each]) => `${key}: ${plain(each)}`)
      .join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The rows that contain every word of what was typed. */
export function filterRows(rows: readonly Row[], columns: readonly Column[], typed: string): Row[] {
  const wanted = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return [...rows];
  return rows.filter((row) => {
    const all = columns
      .map((column) => plain(at(row, column.key)))
      .join(' ')
      .toLowerCase();
    return wanted.every((word) => all.includes(word));
  });
}

/** The rows in order of a column; what is absent comes last either way. */
export function sortRows(rows: readonly Row[], column: Column | undefined, descending: boolean): Row[] {
  if (!column) return [...rows];
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const x = sortable(at(a, column.key), column);
    const y = sortable(at(b, column.key), column);
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1;
    if (typeof x === 'number' && typeof y === 'number') return sign * (x - y);
    return sign * compareNames(String(x), String(y));
  });
}

function sortable(value: unknown, column: Column): number | string | null {
  if (!present(value)) return null;
  if (column.kind === 'time') return momentOf(value);
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return plain(value);
}

/** Whether a column's values stand to the right and begin with the largest when sorted. */
export function isNumeric(column: Column): boolean {
  return column.kind === 'number' || column.kind === 'duration';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
