/** Drawn for this page: 20 units square, one line of 1.6. */
const PATHS = {
  overview: 'M3 11c2.3-2 4.7-2 7 0s4.7 2 7 0M3 15c2.3-2 4.7-2 7 0s4.7 2 7 0M3 7c2.3-2 4.7-2 7 0s4.7 2 7 0',
  transfers: 'M6.5 16V4.5M3.5 7.5l3-3 3 3M13.5 4v11.5M10.5 12.5l3 3 3-3',
  files: 'M3 5.5c0-.8.6-1.5 1.5-1.5h3l2 2h6c.9 0 1.5.7 1.5 1.5v7c0 .9-.6 1.5-1.5 1.5h-11C3.6 16 3 15.4 3 14.5z',
  folder: 'M3 5.5c0-.8.6-1.5 1.5-1.5h3l2 2h6c.9 0 1.5.7 1.5 1.5v7c0 .9-.6 1.5-1.5 1.5h-11C3.6 16 3 15.4 3 14.5z',
  file: 'M5 3.5h6l4 4v9H5zM11 3.5v4h4',
  link: 'M8.5 11.5l3-3M7 9l-2 2a2.8 2.8 0 0 0 4 4l2-2M13 11l2-2a2.8 2.8 0 0 0-4-4L9 7',
  activity: 'M10 4v6l4 2.5M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0z',
  deleted: 'M4 6h12M8 6V4h4v2M5.5 6l.7 10.5h7.6L14.5 6M8.5 9v5M11.5 9v5',
  issues: 'M10 3.500l7 12.500H3zM10 8.500v3.500M10 14.200v.1',
  conflicts:
    'M4 4v3c0 2 1 3 3 3h6c2 0 3 1 3 3v3M4 16v-3c0-1.5.8-2.5 2-2.900M16 4v3c0 1.5-.8 2.5-2 2.900M2.5 14.500L4 16l1.5-1.500M14.5 14.500L16 16l1.5-1.5',
  devices: 'M2.5 5h10v7h-10zM1.5 15h9M14 8h3.500v8H14z',
  kept: 'M3 5h8M15 5h2M3 10h2M9 10h8M3 15h6M13 15h4M13 3.500v3M7 8.500v3M11 13.500v3',
  settings:
    'M10 7.200a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.600zM10 2.500v2M10 15.500v2M2.5 10h2M15.5 10h2M4.7 4.700l1.4 1.400M13.9 13.900l1.4 1.400M4.7 15.300l1.4-1.400M13.9 6.100l1.4-1.4',
  check: 'M4 10.500l4 4 8-9',
  hand: 'M10 3.500a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM10 7v4M10 13.200v.1',
  close: 'M5 5l10 10M15 5L5 15',
  pause: 'M7 5v10M13 5v10',
  resume: 'M6.5 4.500v11l9-5.500z',
  up: 'M10 16V4.500M5.5 9L10 4.5 14.5 9',
  down: 'M10 4v11.500M5.5 11l4.5 4.5 4.5-4.5',
  local: 'M10 10h.1',
  right: 'M8 5l5 5-5 5',
  left: 'M12 5l-5 5 5 5',
  chevron: 'M5 8l5 5 5-5',
  download: 'M10 3.500v9M6 9l4 4 4-4M4 16.500h12',
  open: 'M11 4h5v5M16 4l-7 7M14 11v5H4V6h5',
  reveal:
    'M3 5.500c0-.8.6-1.5 1.5-1.500h3l2 2h6c.9 0 1.5.7 1.5 1.500v7c0 .9-.6 1.5-1.5 1.500h-11C3.6 16 3 15.4 3 14.500zM10 13.500V9M8 10.800L10 9l2 1.8',
  restore: 'M4 10a6 6 0 1 0 2-4.500L4 7.500M4 3.500v4h4',
  cloud: 'M6 15.500a3.5 3.5 0 0 1-.4-7A4.5 4.5 0 0 1 14.3 9.500a3 3 0 0 1 .2 6z',
  here: 'M4 10.500l4 4 8-9',
  coming: 'M10 4v11.500M5.5 11l4.5 4.5 4.5-4.5',
  waits: 'M10 3.500l7 12.500H3zM10 8.500v3.500M10 14.200v.1',
  search: 'M9 3.500a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM13 13l4 4',
  plus: 'M10 4v12M4 10h12',
  menu: 'M3 6h14M3 10h14M3 14h14',
  theme: 'M10 3a7 7 0 1 0 0 14zM10 3a7 7 0 0 1 0 14',
  why: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM8 8a2 2 0 1 1 2.6 1.900c-.4.2-.6.5-.6 1.100M10 13.500v.1',
  compare: 'M8 4H4v12h4M12 4h4v12h-4M10 2.5v15',
  more: 'M4.5 10h.1M10 10h.1M15.5 10h.1',
  copy: 'M7 7V4h9v9h-3M4 7h9v9H4z',
} as const;
export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 20 20" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
