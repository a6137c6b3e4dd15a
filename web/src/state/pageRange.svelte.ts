import { goto } from '$app/navigation';
import { page } from '$app/state';
import { untrack } from 'svelte';
import { parseTime } from '~/format/time';
import { clock } from './clock.svelte';
import { readRange, standardRange, writeRange, type Range } from './range';

const key = $derived(['range', 'from', 'to'].map((name) => page.url.searchParams.get(name) ?? '').join());

// The same object until the address names another range, whatever else changes in it.
const named: Range | null = $derived.by(() => {
  void key;
  return untrack(() => readRange(page.url.searchParams));
});

/** The range of a page: the one in the address, or what suits the age of what it shows. */
export class PageRange {
  #begin: () => string | undefined;
  readonly #seconds = $derived.by(() => {
    const begin = parseTime(this.#begin());
    const range = standardRange(begin === null ? Infinity : (clock.now - begin) / 1000);
    return range.kind === 'last' ? range.seconds : 0;
  });
  readonly #standard: Range = $derived({ kind: 'last', seconds: this.#seconds });
  readonly current: Range = $derived(named ?? this.#standard);

  /** The argument tells since when there is something to see. */
  constructor(begin: () => string | undefined) {
    this.#begin = begin;
  }
}

/** Puts a range into the address, which shows it; null goes back to the standard one. */
export function showRange(next: Range | null): void {
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
