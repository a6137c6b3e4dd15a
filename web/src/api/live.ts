import type { Event, Run, Sample, SourceStatus } from './types';

/** What the server says on the live socket; the position is where in the stream that leaves the client. */
export type LiveMessage = { position?: string } & (
  | { type: 'metrics'; source: string; time: number; samples: Sample[]; merged: number }
  | { type: 'run'; source: string; run: Run }
  | { type: 'status'; source: string; status: SourceStatus }
  | { type: 'event'; event: Event }
  | { type: 'heartbeat'; time: number }
  | { type: 'subscribed'; id: string; resumed?: boolean }
  | { type: 'error'; detail: string }
);

export type Topic = 'metrics' | 'run' | 'status' | 'event';

/** What a page wants to hear of. */
export interface Interest {
  sources: string[];
  topics: Topic[];
  /** Only these metrics; all when absent. */
  metrics?: string[];
}

/** Whether a message is for somebody with this interest. */
export function concerns(interest: Interest, message: LiveMessage): boolean {
  if (message.type === 'heartbeat' || message.type === 'error' || message.type === 'subscribed') return false;
  if (!interest.topics.includes(message.type)) return false;
  const source = message.type === 'event' ? (message.event.source ?? '') : message.source;
  return interest.sources.includes('*') || interest.sources.includes(source);
}

/** Milliseconds to wait before the next attempt: doubled each time up to half a minute, and spread. */
export function backoff(attempt: number, random: number): number {
  const longest = Math.min(30_000, 500 * 2 ** Math.min(attempt, 10));
  return Math.round(longest * (0.5 + random / 2));
}

/** Reads one message; null when it is none that this interface knows. */
export function readMessage(text: string): LiveMessage | null {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof message !== 'object' || message === null || !('type' in message)) return null;
  switch (message.type) {
    case 'metrics': {
      const metrics = message as Extract<LiveMessage, { type: 'metrics' }>;
      if (!Array.isArray(metrics.samples)) return null;
      return {
        ...metrics,
        time: millis(metrics.time),
        samples: metrics.samples.map((sample) => ({ ...sample, labels: sample.labels ?? {} })),
      };
    }
    case 'run':
    case 'status':
    case 'event':
    case 'heartbeat':
    case 'subscribed':
    case 'error':
      return message as LiveMessage;
    default:
      return null;
  }
}

/** Times come as RFC 3339 or in milliseconds since 1970. */
function millis(time: unknown): number {
  return typeof time === 'number' ? time : Date.parse(String(time));
}
