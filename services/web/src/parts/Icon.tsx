/** Line icons of 16 by 16. A kind is told by its shape, never by its hue. */
const PATHS: Readonly<Record<string, string>> = {
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm3.6-1.4L14 14",
  home: "M2.5 7.5 8 2.5l5.5 5V13.5h-4v-4h-3v4h-4Z",
  lineage: "M1.5 3.5h4v3h-4ZM10.5 2h4v3h-4ZM10.5 9.5h4v3h-4ZM5.5 5h2.5M8 3.5v7.5M8 3.5h2.5M8 11h2.5",
  impact: "M8 1.5 14.5 13.5H1.5ZM8 6v3.5M8 11.2v.6",
  clock: "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM8 4.5V8l2.5 2",
  sun: "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1",
  moon: "M13.5 10A6 6 0 0 1 6 2.5a6 6 0 1 0 7.5 7.5Z",
  theme: "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM8 1.5v13M10 3.5v9M12 5v6",
  signed: "M7 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM1.5 14c.6-3 2.7-4.5 5.5-4.5 1 0 2 .2 2.8.6M10.5 12.5l1.5 1.5 3-3.5",
  help: "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM6.2 6.2a1.9 1.9 0 1 1 2.6 1.8c-.6.3-.8.6-.8 1.4M8 11.2v.6",
  close: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  down: "M3.5 6 8 10.5 12.5 6",
  right: "M6 3.5 10.5 8 6 12.5",
  ok: "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM5 8.2l2 2 4-4.2",
  warn: "M8 1.5 14.5 13.5H1.5ZM8 6v3.5M8 11.2v.6",
  bad: "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM5.7 5.7l4.6 4.6M10.3 5.7l-4.6 4.6",
  user: "M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM2.5 14c.6-3 2.7-4.5 5.5-4.5s4.9 1.5 5.5 4.5",
  star: "M8 1.8l1.9 4 4.3.5-3.2 3 .900 4.3L8 11.5l-3.9 2.1.900-4.3-3.2-3 4.3-.5Z",
  copy: "M5.5 5.5h8v8h-8ZM10.5 5.5v-3h-8v8h3",
  menu: "M2 4h12M2 8h12M2 12h12",
  pencil: "M2.5 13.5l.8-3.2L11 2.6l2.4 2.4-7.7 7.7ZM9.5 4.1l2.4 2.4",
  source: "M3 4c0-1.1 2.2-2 5-2s5 .9 5 2-2.2 2-5 2-5-.9-5-2ZM3 4v8c0 1.1 2.2 2 5 2s5-.9 5-2V4M3 8c0 1.1 2.2 2 5 2s5-.9 5-2",
  query: "M1.5 2.5h13v11h-13ZM4 6l2.5 2L4 10M8 10.5h3.5",
  // Kinds.
  dataset: "M2 3h12v10H2ZM2 6.3h12M6 6.3V13M2 9.7h12",
  column: "M5.5 2h5v12h-5ZM5.5 5h5M5.5 8h5M5.5 11h5",
  feature: "M8 1.8 14 5v6l-6 3.2L2 11V5ZM2 5l6 3.2L14 5M8 8.2v6",
  feature_set: "M8 1.5l5.5 3L8 7.5l-5.5-3ZM2.5 8 8 11l5.5-3M2.5 11.3l5.5 3 5.5-3",
  model: "M8 5.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM3.5 14.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM12.5 14.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM7 5.2 4.5 10.6M9 5.2l2.5 5.4",
  model_version: "M8 5.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM3.5 14.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM7 5.2 4.5 10.6M9 10l2 4 2-4",
  run: "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM6.5 5.2v5.6l4.3-2.8Z",
  experiment: "M6 1.5h4M6.7 1.5v4.5L3 13a1 1 0 0 0 .9 1.5h8.2A1 1 0 0 0 13 13L9.3 6V1.5M5 9.5h6",
  job: "M8 10.3a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6ZM8 1.5v2.2M8 12.3v2.2M1.5 8h2.2M12.3 8h2.2M3.4 3.4 5 5M11 11l1.6 1.6M12.6 3.4 11 5M5 11l-1.6 1.6",
  pipeline: "M1.5 6h4v4h-4ZM10.5 6h4v4h-4ZM5.5 8h5M9 6.3 10.5 8 9 9.7",
  task: "M2.5 2.5h11v11h-11ZM5 8l2 2 4-4",
  dashboard: "M2 2.5h12v11H2ZM5 11V8M8 11V5M11 11V7",
  endpoint: "M2 8h6M5.5 5.5 8 8l-2.5 2.5M10.5 3H14v10h-3.5",
  deployment: "M8 1.5v8M5 6.5l3 3 3-3M2 11.5v3h12v-3",
  person: "M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM2.5 14c.6-3 2.7-4.5 5.5-4.5s4.9 1.5 5.5 4.5",
  group: "M5.5 7.5a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6ZM1.5 13c.4-2.4 1.9-3.7 4-3.7s3.6 1.3 4 3.7M11 7.5a2 2 0 1 0 0-4M11.3 9.5c1.7.2 2.8 1.4 3.2 3.5",
  term: "M3 2h8.5a1.5 1.5 0 0 1 1.5 1.5V14H4.5A1.5 1.5 0 0 1 3 12.5ZM5.5 5h5M5.5 8h5",
  tag: "M2 2h6l6 6-6 6-6-6ZM5.2 5.2h.1",
  domain: "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM1.5 8h13M8 1.5c2.2 2 3 4 3 6.5s-.8 4.5-3 6.5c-2.2-2-3-4-3-6.5s.8-4.5 3-6.5Z",
  thing: "M3 3h10v10H3ZM6 6h4v4H6Z",
};

/** A decorative icon; the word beside it says what it means. An unknown name is drawn as a thing. */
export function Icon({ name }: { readonly name: string }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={PATHS[name] ?? PATHS.thing ?? ""} />
    </svg>
  );
}
