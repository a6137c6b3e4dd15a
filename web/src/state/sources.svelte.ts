import { listSources } from '~/api/endpoints';
import type { List, Run, Source } from '~/api/types';
import { live } from './live.svelte';
import { Resource } from './resource.svelte';

/** How often the sparklines are asked for again. */
const refresh = 60_000;
/** How long what is heard may wait for more, in milliseconds. */
const together = 100;

/** Every source with its status, kept up to date by the live stream. */
class Sources {
  #list = new Resource<List<Source>>(() => listSources());
  /** What was heard of sources and is not in the list yet. */
  #heard = new Map<string, (source: Source) => Source>();
  #settling = false;
  readonly items: Source[] = $derived(this.#list.data?.items ?? []);
  readonly ready: boolean = $derived(this.#list.data !== undefined);

  get fault() {
    return this.#list.fault;
  }

  /** Begins to follow; called once. */
  follow(): void {
    if (!this.#list.data && !this.#list.loading) void this.reload();
    live.subscribe(
      { sources: ['*'], topics: ['status', 'run', 'event'] },
      (message) => {
        if (message.type === 'status') {
          this.#change(message.source, (source) => ({
            ...source,
            status: { ...source.status, problem: undefined, ...message.status } as Source['status'],
          }));
        } else if (message.type === 'run') {
          this.#change(message.source, (source) => afterRun(source, message.run));
        } else if (message.type === 'event' && message.event.kind.startsWith('source_')) {
          void this.reload();
        }
      },
      () => void this.reload(),
    );
    setInterval(() => {
      if (!document.hidden) void this.reload();
    }, refresh);
  }

  reload(): Promise<void> {
    return this.#list.load();
  }

  get(id: string): Source | undefined {
    return this.items.find((source) => source.id === id);
  }

  /** Changes a source, together with what else is heard at about that time: with many sources there is always more. */
  #change(id: string, change: (source: Source) => Source): void {
    if (!this.#list.data) return;
    const earlier = this.#heard.get(id);
    this.#heard.set(id, earlier ? (source) => change(earlier(source)) : change);
    if (this.#settling) return;
    this.#settling = true;
    setTimeout(() => {
      this.#settle();
    }, together);
  }

  #settle(): void {
    const heard = this.#heard;
    this.#heard = new Map();
    this.#settling = false;
    const known = new Set(this.items.map((source) => source.id));
    if ([...heard.keys()].some((id) => !known.has(id))) void this.reload();
    // Not in place of an answer that is on its way.
    this.#list.change((list) => ({
      ...list,
      items: list.items.map((source) => heard.get(source.id)?.(source) ?? source),
    }));
  }
}

/** A source as it is known after one more run; a change of its status comes in a message of its own. */
function afterRun(source: Source, run: Run): Source {
  const status = { ...source.status, last_run: run.start };
  delete status.problem;
  if (run.problem) status.problem = run.problem;
  // A source that fails is tried less often; when, only the server knows.
  delete status.next_run;
  if (run.outcome === 'success' || run.outcome === 'partial') {
    status.last_success = run.start;
    status.next_run = new Date(Date.parse(run.start) + source.interval_seconds * 1000).toISOString();
  }
  return { ...source, status };
}

export const sources = new Sources();
