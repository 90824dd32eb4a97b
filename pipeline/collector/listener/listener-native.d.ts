/** Types of /listener-native.mjs, for React Native. */

export interface Storage {
  getItem(key: string): Promise<string | null>;
  setItem(key: string, value: string): Promise<unknown>;
}

export interface NativeOptions {
  /** The app's write key. */
  key: string;
  /** https://…/v1/events of the collector. */
  endpoint: string;
  platform: 'ios' | 'android';
  /** The app's version. */
  release?: string;
  /** AsyncStorage. Without it what is unsent is lost when the app is killed. */
  storage?: Storage;
  /** React Native's AppState: what there is, is sent when the app goes to the background. */
  appState?: { addEventListener(name: 'change', heard: (state: string) => void): { remove(): void } };
  /** false: nothing is kept in the storage. */
  persist?: boolean;
  fetch?: typeof fetch;
}

export interface NativeListener {
  start(): void;
  stop(): void;
  /** null until the storage has answered. */
  connectSessionId(): string | null;
  /** For the WebView: onMessage={listener.onMessage}. */
  onMessage(event: { nativeEvent: { data: string; url?: string } }): void;
}

export function createListener(options: NativeOptions): NativeListener;
