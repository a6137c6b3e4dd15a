import type { Line } from '~/panels/points';

/**
 * The values of lines as CSV: a row for each time, a column for each line. What
 * a spreadsheet could take for a formula is written as text.
 */
export function csvOf(lines: readonly Line[], timeName: string): string {
  const times = new Set<number>();
  const columns = lines.map((line) => {
    const values = new Map<number, number>();
    for (const [time, value] of line.points) {
      if (value === null) continue;
      times.add(time);
      values.set(time, value);
    }
    return values;
  });
  const rows = [...times]
    .sort((a, b) => a - b)
    .map((time) =>
      [new Date(time).toISOString(), ...columns.map((values) => String(values.get(time) ?? ''))].join(','),
    );
  return [[timeName, ...lines.map((line) => line.name)].map(cell).join(','), ...rows, ''].join('\r\n');
}

function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
