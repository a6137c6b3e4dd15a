import { goto } from '$app/navigation';
import { getAuth, logout } from '~/api/access';
import { onSignedOut, type Fault } from '~/api/client';
import type { Me } from '~/api/types';
import { live } from './live.svelte';

/** Whether somebody is signed in: not known yet, not set up, nobody, or somebody. */
type State = 'asking' | 'setup' | 'out' | 'in';

/** Who uses the page. */
class Session {
  state = $state<State>('asking');
  user = $state.raw<Me | undefined>(undefined);
  /** Why it is not known who uses the page. */
  fault = $state.raw<Fault | undefined>(undefined);
  /** How one may sign in: with a password, and with a provider of that name. */
  ways = $state.raw<{ passwords: boolean; provider?: string }>({ passwords: true });
  /** Why signing in with the provider came to nothing: a key of the texts. */
  turned = $state('');
  /** What is shown is made up. */
  demo = $state(false);
  /** Somebody was signed in and is not any more. */
  ended = $state(false);
  readonly mayEdit: boolean = $derived(this.user !== undefined && this.user.role !== 'viewer');
  readonly isAdmin: boolean = $derived(this.user?.role === 'admin');

  constructor() {
    onSignedOut(() => {
      this.#out();
    });
  }

  /** Asks the server who uses the page. */
  async load(): Promise<void> {
    const result = await getAuth();
    if (!result.ok) {
      // Whoever is in stays so while the server is away.
      if (this.state === 'asking') this.fault = result.fault;
      return;
    }
    this.fault = undefined;
    this.ways = result.data;
    this.demo = result.data.demo ?? false;
    if (this.state === 'asking') this.#wasTurned();
    if (result.data.user) {
      this.user = result.data.user;
      this.state = 'in';
    } else if (this.state === 'in') this.#out();
    else this.state = result.data.set_up ? 'out' : 'setup';
  }

  /** Goes on as somebody who has just signed in. */
  enter(user: Me): void {
    if (this.ended) {
      // Everything on the page may belong to somebody else.
      location.reload();
      return;
    }
    this.user = user;
    this.state = 'in';
  }

  async leave(): Promise<void> {
    const result = await logout();
    location.assign((result.ok && result.data.address) || '/');
  }

  /** Takes out of the address why the provider sent somebody back. */
  #wasTurned(): void {
    const address = new URL(location.href);
    this.turned = address.searchParams.get('sign_in') ?? '';
    if (!this.turned) return;
    address.searchParams.delete('sign_in');
    void goto(address, { replaceState: true, keepFocus: true, noScroll: true });
  }

  #out(): void {
    if (this.state !== 'in') return;
    live.close();
    this.ended = true;
    this.user = undefined;
    this.state = 'out';
  }
}

export const session = new Session();
