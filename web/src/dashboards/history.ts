/** How many changes can be taken back. */
const deepest = 100;

/** What was, what is and what was taken back; states are never changed in place. */
export interface History<T> {
  past: readonly T[];
  present: T;
  future: readonly T[];
  /** What the last change was about: the next one about the same joins it. */
  about: string;
}

export function begin<T>(present: T): History<T> {
  return { past: [], present, future: [], about: '' };
}

/**
 * Goes on to another state. Changes about the same thing, such as the letters
 * typed into one field, are taken back together; an empty text joins nothing.
 */
export function change<T>(history: History<T>, present: T, about = ''): History<T> {
  if (present === history.present) return history;
  const joins = about !== '' && about === history.about && history.past.length > 0;
  const past = joins ? history.past : [...history.past, history.present].slice(-deepest);
  return { past, present, future: [], about };
}

export function undo<T>(history: History<T>): History<T> {
  const present = history.past.at(-1);
  if (present === undefined) return history;
  return {
    past: history.past.slice(0, -1),
    present,
    future: [history.present, ...history.future],
    about: '',
  };
}

export function redo<T>(history: History<T>): History<T> {
  const [present, ...future] = history.future;
  if (present === undefined) return history;
  return { past: [...history.past, history.present], present, future, about: '' };
}
