import { session } from './session.svelte';
import { sources } from './sources.svelte';

/** Learns who uses the page, and for somebody who is signed in what is watched. */
export async function arrive(): Promise<void> {
  await session.load();
  if (session.state === 'in') await sources.reload();
}
