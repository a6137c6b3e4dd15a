import type { FileItem } from '~/api/sourceFile';
import { text } from '~/messages';

/** What is different about a source, in a few words. */
export function sideWords(item: FileItem): string {
  const words = text.file;
  if (!item.stored) return item.side === 'file' ? words.onlyFile : words.deleted;
  return item.file ? words.sides[item.side] : words.onlyStored;
}

/** Whether taking what the file says deletes the source. */
export function deletes(item: FileItem): boolean {
  return item.stored && !item.file;
}

/** Those that can be settled without asking which side is meant. */
export function settled(items: readonly FileItem[], side: 'file' | 'stored'): string[] {
  return items
    .filter((item) => item.side === side && (side === 'stored' || item.errors.length === 0))
    .map((item) => item.id);
}
