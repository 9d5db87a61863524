import { createRequire } from 'node:module';

interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
}

const CHECK_MS = 10;

/**
 * kafkajs 2.2.4 arms a timer after every check of its request queue, also when nothing waits, and then with a negative delay: every connection
 * wakes up each millisecond for ever, and Node ≥ 24 warns (`TimeoutNegativeWarning`, https://github.com/tulios/kafkajs/issues/1751, not mended since
 * 2023). Here the timer is armed only while a request waits. kafkajs is pinned to this version; where the place is not found nothing is changed.
 */
export function quietRequestQueue(): void {
  const found: unknown = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js');
  if (typeof found !== 'function') return;
  const prototype: unknown = found.prototype;
  if (typeof prototype !== 'object' || prototype === null || !('scheduleCheckPendingRequests' in prototype)) return;
  prototype.scheduleCheckPendingRequests = function scheduleCheckPendingRequests(this: RequestQueue): void {
    if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
    const throttledMs = this.throttledUntil - Date.now();
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      throttledMs > 0 ? throttledMs : CHECK_MS,
    );
  };
}
