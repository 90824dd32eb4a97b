/** Types of /listener.mjs, and of the global FlinksListener that /listener.js makes. */

export interface Options {
  /** The app's write key. */
  key: string;
  /** Where events go; without it, /v1/events beside the script. */
  endpoint?: string;
  /** The page's version. */
  release?: string;
  /** Origins beside Flinks' own whose messages are Flinks': "*.example.com" (https) or "https://bank.example.com". */
  origins?: string[];
  /** false: nothing is kept in the browser's storage, and what is unsent is lost with the page. */
  persist?: boolean;
}

export interface Listener {
  /** Of this visit; kept over reloads of the tab. */
  readonly connectSessionId: string;
  /** Sends what there is, and listens no more. */
  stop(): void;
}

/** Begins to listen. If a listener runs in this page already, that one is returned. Never throws. */
export function start(options?: Partial<Options>): Listener | undefined;

/** Stops the listener of this page, if one runs. */
export function stop(): void;
