import type { Attachment } from 'svelte/attachments';

/**
 * Moves what scrolls sideways so that the chosen one of it is seen; again when
 * what is chosen is another.
 */
export function chosenIsSeen(chosen: string): Attachment<HTMLElement> {
  return (row) => {
    void chosen;
    const at = row.querySelector<HTMLElement>('[aria-current], [aria-selected="true"]');
    if (!at) return;
    const [outer, inner] = [row.getBoundingClientRect(), at.getBoundingClientRect()];
    row.scrollLeft += inner.left - outer.left - (outer.width - inner.width) / 2;
  };
}
