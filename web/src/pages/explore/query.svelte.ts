import type { Fault } from '~/api/client';
import { queryRange } from '~/api/prometheus';
import { serverNow } from '~/api/serverTime';
import { texts } from '~/dashboardTexts';
import { linesOf, mostLines } from '~/panels/queryLines';
import type { Line } from '~/panels/points';
import { metrics } from '~/state/metrics.svelte';
import { boundsOf, stepFor, type Range } from '~/state/range';
import { sources } from '~/state/sources.svelte';
import { before, offsets, type Comparison } from './compare';

/** What one expression gives in a range, and what it gave earlier. */
export class Query {
  lines = $state.raw<Line[]>([]);
  /** Every series, also those that are too many to draw. */
  all = $state(0);
  version = $state(0);
  loaded = $state(false);
  busy = $state(false);
  fault = $state.raw<Fault | undefined>(undefined);
  warnings = $state.raw<readonly string[]>([]);
  tier = $state('raw');
  /** How long the answer took, in seconds. */
  took = $state(0);
  #abort: AbortController | null = null;

  /** Asks; what is there stays until the answer comes. */
  async ask(expr: string, range: Range, compared: Comparison | null): Promise<void> {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.busy = true;
    const now = serverNow();
    const { from, to } = boundsOf(range, now);
    const step = stepFor(range, interval(), 500);
    const grid = step * 1000;
    const begin = Math.ceil(from / grid) * grid;
    const end = Math.floor(to / grid) * grid;
    const shift = compared ? offsets[compared] : 0;
    const started = performance.now();
    const [answer, earlier] = await Promise.all([
      queryRange(expr, begin, end, step, abort.signal),
      compared ? queryRange(expr, begin - shift, end - shift, step, abort.signal) : null,
    ]);
    if (abort.signal.aborted) return;
    this.took = (performance.now() - started) / 1000;
    this.busy = false;
    this.loaded = true;
    if (!answer.ok) {
      this.fault = answer.fault;
      return;
    }
    this.fault = undefined;
    this.warnings = answer.data.warnings;
    this.tier = answer.data.tier;
    const panel = { title: '', queries: [{ expr }] };
    const helpOf = (metric: string) => metrics.get(metric)?.help;
    const { lines, hidden } = linesOf(panel, [answer.data.series], grid, helpOf, mostLines);
    const old = earlier?.ok ? linesOf(panel, [earlier.data.series], grid, helpOf, mostLines).lines : [];
    this.all = lines.length + hidden;
    this.lines = compared ? [...lines, ...before(old, compared, texts.explore.ago[compared])] : lines;
    this.version++;
  }

  /** Goes back to before anything was asked. */
  clear(): void {
    this.#abort?.abort();
    this.busy = false;
    this.loaded = false;
    this.fault = undefined;
    this.lines = [];
  }
}

/** Seconds between the nearest samples there can be. */
function interval(): number {
  const all = sources.items.map((source) => source.interval_seconds);
  return all.length > 0 ? Math.max(1, Math.min(...all)) : 10;
}
