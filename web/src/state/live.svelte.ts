import type { Interest, LiveMessage } from '~/api/live';
import { LiveSocket, type Connection, type Wire } from '~/api/socket';

let connect = (): Wire => {
  const address = new URL('/api/v1/live', location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  return new WebSocket(address) as unknown as Wire;
};

/** Connects by another way from now on. */
export function useWire(other: () => Wire): void {
  connect = other;
}

/** The page's live stream and how its connection is. */
class Live {
  connection = $state<Connection>('connecting');
  /** When the connection was lost, in milliseconds since 1970. */
  lostSince = $state<number | null>(null);
  #socket = new LiveSocket(
    {
      connect: () => connect(),
      random: Math.random,
      after: (ms, run) => {
        const timer = setTimeout(run, ms);
        return () => {
          clearTimeout(timer);
        };
      },
    },
    (state) => {
      this.connection = state;
      if (state === 'lost') this.lostSince ??= Date.now();
      else if (state === 'open') this.lostSince = null;
    },
  );

  open(): void {
    this.#socket.open();
    window.addEventListener('online', () => {
      this.#socket.retry();
    });
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.#socket.retry();
    });
  }

  /** Ends the connection and stays away. */
  close(): void {
    this.#socket.close();
  }

  retry(): void {
    this.#socket.retry();
  }

  subscribe(interest: Interest, heard: (message: LiveMessage) => void, resumed?: () => void): () => void {
    return this.#socket.subscribe(interest, heard, resumed);
  }
}

export const live = new Live();
