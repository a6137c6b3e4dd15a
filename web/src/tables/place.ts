import type { Column, Table } from '~/api/types';

/**
 * The column that shows what is at a JSONPath of a snapshot, such as
 * $.disks[?@.name=="sda"].free_bytes; undefined where no table shows it.
 */
export function columnAt(tables: readonly Table[], path: string): Column | undefined {
  // Which of the rows it is does not matter.
  const names = path.replace(/\[(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\]"'])*\]/g, '').replace(/^\$\.?/, '');
  for (const table of tables) {
    const within =
      table.path === '' ? names : names.startsWith(`${table.path}.`) && names.slice(table.path.length + 1);
    if (!within) continue;
    const found = table.columns.find(({ key }) => within === key || within.endsWith(`.${key}`));
    if (found) return found;
  }
  return undefined;
}
