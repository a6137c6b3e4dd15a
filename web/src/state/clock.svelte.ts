import { serverNow } from '~/api/serverTime';

/** The time on the server in milliseconds since 1970, moved on every second while the page is seen. */
class Clock {
  now = $state(serverNow());

  constructor() {
    setInterval(() => {
      if (!document.hidden) this.now = serverNow();
    }, 1000);
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.now = serverNow();
    });
  }
}

export const clock = new Clock();
