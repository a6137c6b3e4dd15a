declare global {
  // SvelteKit's own types; the interface adds none to them.
  namespace App {}
  /** Answers that static/early.js asked for, by their address. */
  var unityEarly: Partial<Record<string, Promise<Response>>> | undefined;
}

export {};
