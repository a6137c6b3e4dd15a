import { backoff, concerns, readMessage, type Interest, type LiveMessage } from './live';

export type Connection = 'connecting' | 'open' | 'lost';

/** The part of a WebSocket that is used, so that tests and the gallery bring their own. */
export interface Wire {
  send(text: string): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
}

/** What a socket needs from the world. */
export interface World {
  connect(): Wire;
  random(): number;
  after(ms: number, run: () => void): () => void;
}

interface Subscription {
  interest: Interest;
  heard: (message: LiveMessage) => void;
  resumed: (() => void) | undefined;
}

/** Nothing for this long, heartbeats included, means the connection is dead. */
const silence = 75_000;

/**
 * The live stream: one socket for the page, any number of subscriptions, and a
 * new connection with growing waits when it is lost. A new connection goes on
 * where the old one was; when the server does not know any more what was missed,
 * the subscribers are told, so that they can ask for it.
 */
export class LiveSocket {
  #world: World;
  #wire: Wire | null = null;
  #state: Connection = 'connecting';
  #attempt = 0;
  #wasOpen = false;
  /** Where in the stream the last message left us. */
  #position: string | undefined;
  #next = 1;
  #subscriptions = new Map<string, Subscription>();
  #stopWaiting: (() => void) | null = null;
  #stopWatching: (() => void) | null = null;
  #changed: (state: Connection) => void;

  constructor(world: World, changed: (state: Connection) => void) {
    this.#world = world;
    this.#changed = changed;
  }

  get state(): Connection {
    return this.#state;
  }

  /** Connects; harmless when it is connected or trying already. */
  open(): void {
    if (this.#wire || this.#stopWaiting) return;
    this.#connect();
  }

  /** Ends the connection and stays away. */
  close(): void {
    this.#stopWaiting?.();
    this.#stopWaiting = null;
    this.#stopWatching?.();
    const wire = this.#wire;
    this.#wire = null;
    if (wire) {
      wire.onclose = null;
      wire.close();
    }
  }

  /** Tries at once, for when the network or the page is back. */
  retry(): void {
    if (!this.#stopWaiting) return;
    this.#stopWaiting();
    this.#stopWaiting = null;
    this.#connect();
  }

  /** Hears what an interest is about until the returned function is called. */
  subscribe(interest: Interest, heard: (message: LiveMessage) => void, resumed?: () => void): () => void {
    const id = String(this.#next++);
    this.#subscriptions.set(id, { interest, heard, resumed });
    if (this.#state === 'open') this.#send({ type: 'subscribe', id, ...interest });
    return () => {
      this.#subscriptions.delete(id);
      if (this.#state === 'open') this.#send({ type: 'unsubscribe', id });
    };
  }

  #connect(): void {
    const wire = this.#world.connect();
    this.#wire = wire;
    if (this.#state !== 'lost') this.#set('connecting');
    wire.onopen = () => {
      this.#attempt = 0;
      this.#set('open');
      this.#watch();
      const after = this.#position === undefined ? {} : { after: this.#position };
      for (const [id, subscription] of this.#subscriptions) {
        this.#send({ type: 'subscribe', id, ...subscription.interest, ...after });
      }
      if (this.#wasOpen && this.#position === undefined)
        for (const subscription of [...this.#subscriptions.values()]) subscription.resumed?.();
      this.#wasOpen = true;
    };
    wire.onmessage = (event) => {
      this.#watch();
      const message = typeof event.data === 'string' ? readMessage(event.data) : null;
      if (!message) return;
      this.#position = message.position ?? this.#position;
      if (message.type === 'subscribed') {
        if (message.resumed === false) this.#subscriptions.get(message.id)?.resumed?.();
        return;
      }
      for (const subscription of [...this.#subscriptions.values()]) {
        if (concerns(subscription.interest, message)) subscription.heard(message);
      }
    };
    wire.onclose = () => {
      this.#lost();
    };
  }

  #lost(): void {
    this.#stopWatching?.();
    if (this.#wire) this.#wire.onclose = null;
    this.#wire = null;
    this.#set('lost');
    this.#stopWaiting = this.#world.after(backoff(this.#attempt++, this.#world.random()), () => {
      this.#stopWaiting = null;
      this.#connect();
    });
  }

  #watch(): void {
    this.#stopWatching?.();
    this.#stopWatching = this.#world.after(silence, () => {
      const wire = this.#wire;
      this.#lost();
      wire?.close();
    });
  }

  #send(message: object): void {
    this.#wire?.send(JSON.stringify(message));
  }

  #set(state: Connection): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#changed(state);
  }
}
