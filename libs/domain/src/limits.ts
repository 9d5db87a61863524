/** Every limit that both ends check, with its unit; each has its named refusal. */
export const OPERATIONS_MAX = 1_000;
/** Of one commit's events as JSON. Beyond: `COMMIT_TOO_LARGE`, the device halves it. */
export const COMMIT_BYTES_MAX = 512 * 1024;
/** Of one append, held by the event log port. */
export const APPEND_BYTES_MAX = 768 * 1024;
export const CHUNKS_ASKED_MAX = 4_096;
export const PACK_BYTES_MAX = 16 * 1024 * 1024;
export const PACK_BYTES_TARGET = 8 * 1024 * 1024;
export const PACK_CHUNKS_MAX = 2_048;
/** Of a name in UTF-8. */
export const NAME_BYTES_MAX = 255;
/** Of a link's target in UTF-8. */
export const TARGET_BYTES_MAX = 4_096;
/** Folders from the root to an entry, the entry counted. */
export const DEPTH_MAX = 256;
export const JSON_BODY_BYTES_MAX = 2 * 1024 * 1024;
/** A delta with more bytes of rows travels as a poke. */
export const DELTA_ROWS_BYTES_MAX = 64 * 1024;
/** A change set with more bytes travels the feed without rows. */
export const CHANGE_SET_BYTES_MAX = 256 * 1024;
/** New chunks up to here are sent without asking which are missing. */
export const ASK_MISSING_BYTES_MIN = 1024 * 1024;
export const COMMITS_IN_FLIGHT_MAX = 1;
export const PACKS_IN_FLIGHT_MAX = 4;
export const PULL_ROWS_MAX = 2_000;
export const WORKSPACE_NAME_CHARS_MAX = 100;
export const DEVICE_NAME_CHARS_MAX = 60;
