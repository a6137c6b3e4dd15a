import { page } from '$app/state';
import { untrack } from 'svelte';
import { parseTime } from '~/format/time';
import { showQuery } from './address';
import { clock } from './clock.svelte';
import { readRange, readRefresh, standardRange, writeRange, writeRefresh } from './range';
import type { Range, Refresh } from './range';

// The time that a page shows and how it moves on belong to the address, so that
// they survive a reload and can be sent to somebody.

const key = $derived(['range', 'from', 'to'].map((name) => page.url.searchParams.get(name) ?? '').join());

// The same object until the address names another range, whatever else changes in it.
const named: Range | null = $derived.by(() => {
  void key;
  return untrack(() => readRange(page.url.searchParams));
});
const namedRefresh: Refresh | null = $derived(readRefresh(page.url.searchParams));

/** What holds where the address says nothing. */
export interface Standard {
  /** Since when there is something to see (RFC 3339): a young source does not need an hour. */
  begin?: string | undefined;
  /** The last seconds to show, whatever the age. */
  seconds?: number | undefined;
  /** How the page moves on; "live" when absent. */
  refresh?: Refresh | undefined;
}

/**
 * The range and the refresh of a page: those in the address, or what suits what
 * it shows. It is made while a component is, and ends with it.
 */
export class PageRange {
  /** Grows each time what the page shows has to be asked for again. */
  tick = $state(0);
  #standard: () => Standard;
  readonly #seconds = $derived.by(() => {
    const { begin, seconds } = this.#standard();
    if (seconds !== undefined && seconds > 0) return seconds;
    const start = parseTime(begin);
    const range = standardRange(start === null ? Infinity : (clock.now - start) / 1000);
    return range.kind === 'last' ? range.seconds : 0;
  });
  readonly #usual: Range = $derived({ kind: 'last', seconds: this.#seconds });
  readonly current: Range = $derived(named ?? this.#usual);
  /** Whether the address names a range. */
  readonly chosen: boolean = $derived(named !== null);
  /** How the page moves on. What is fixed stands still. */
  readonly refresh: Refresh = $derived.by(() =>
    this.current.kind === 'fixed' ? 'off' : (namedRefresh ?? this.#standard().refresh ?? 'live'),
  );

  constructor(standard: () => Standard) {
    this.#standard = standard;
    $effect(() => {
      pageTime.active = this;
      return () => {
        if (pageTime.active === this) pageTime.active = null;
      };
    });
    $effect(() => {
      const every = this.refresh;
      if (typeof every !== 'number') return;
      const timer = setInterval(() => {
        if (!document.hidden) this.again();
      }, every * 1000);
      return () => {
        clearInterval(timer);
      };
    });
  }

  /** Asks again now. */
  again(): void {
    this.tick++;
  }
}

/** The range of the page that is shown, if it has one; the keys of the shell move it. */
class PageTime {
  active = $state.raw<PageRange | null>(null);
}

export const pageTime = new PageTime();

/** Puts a range into the address, which shows it; null goes back to the standard one. */
export function showRange(next: Range | null): void {
  showQuery(writeRange(page.url.searchParams, next));
}

/** Puts how the page moves on into the address; null goes back to the standard. */
export function showRefresh(next: Refresh | null): void {
  showQuery(writeRefresh(page.url.searchParams, next));
}
