import { getLatest } from '~/api/endpoints';
import { serverNow } from '~/api/serverTime';
import type { LiveMessage } from '~/api/live';
import type { Panel, PluginDetail, Sample } from '~/api/types';
import { live } from '~/state/live.svelte';
import type { Range } from '~/state/range';
import { PanelData } from './panelData.svelte';

/** Panels of one source with their data, kept live from the moment they are made until they are closed. */
export class SourcePanels {
  readonly panels: readonly PanelData[];
  /** The newest samples of the source and when they were taken. */
  latest = $state.raw<{ time: number; samples: readonly Sample[] } | null>(null);

  #source: string;
  #range: Range;
  #follows = true;
  #stop: () => void;

  constructor(
    source: string,
    plugin: PluginDetail,
    panels: readonly Panel[],
    intervalSeconds: number,
    range: Range,
  ) {
    this.#source = source;
    this.#range = range;
    this.panels = panels.map((panel) => new PanelData(source, panel, intervalSeconds, plugin.metrics));
    const stop = live.subscribe(
      { sources: [source], topics: ['metrics'] },
      (message) => {
        this.#heard(message);
      },
      () => void this.reload(),
    );
    const timer = setInterval(() => {
      if (this.#follows) for (const panel of this.panels) panel.lapse(serverNow());
    }, 5000);
    this.#stop = () => {
      stop();
      clearInterval(timer);
    };
    void this.reload();
  }

  /** Shows another range. */
  show(range: Range): void {
    if (range === this.#range) return;
    this.#range = range;
    for (const panel of this.panels) void panel.load(range);
  }

  /** Whether live values move the panels on; if not, they stand still until they are loaded again. */
  follow(follows: boolean): void {
    if (follows && !this.#follows) void this.reload();
    this.#follows = follows;
  }

  close(): void {
    this.#stop();
  }

  /** Asks for everything again. */
  async reload(): Promise<void> {
    const histories = this.panels.map((panel) => panel.load(this.#range));
    const latest = await getLatest(this.#source);
    if (latest.ok && latest.data.time) {
      const time = Date.parse(latest.data.time);
      for (const panel of this.panels) panel.seed(time, latest.data.samples);
      if (!this.latest || time > this.latest.time) this.latest = { time, samples: latest.data.samples };
    }
    await Promise.all(histories);
  }

  #heard(message: LiveMessage): void {
    if (message.type !== 'metrics') return;
    if (this.#follows) for (const panel of this.panels) panel.ingest(message.time, message.samples);
    this.latest = { time: message.time, samples: message.samples };
  }
}
