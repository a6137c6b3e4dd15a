import { goto } from '$app/navigation';
import { page } from '$app/state';
import { untrack } from 'svelte';
import { readRange, writeRange, type Range } from './range';

const key = $derived(['range', 'from', 'to'].map((name) => page.url.searchParams.get(name) ?? '').join());

// The same object until the address names another range, whatever else changes in it.
const range: Range = $derived.by(() => {
  void key;
  return untrack(() => readRange(page.url.searchParams));
});

/** The range that the address of the page names. */
export const pageRange = (): Range => range;

/** Puts a range into the address, which shows it. */
export function showRange(next: Range): void {
  goWith(writeRange(page.url.searchParams, next));
}

/** Sets one parameter of the address; an empty value takes it away. */
export function setParameter(name: string, value: string): void {
  const query = new URLSearchParams(page.url.searchParams);
  if (value) query.set(name, value);
  else query.delete(name);
  goWith(query);
}

function goWith(query: URLSearchParams): void {
  const text = query.toString();
  void goto(text ? `?${text}` : page.url.pathname, { keepFocus: true, noScroll: true });
}
