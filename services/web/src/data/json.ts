/** What the schema calls JSON: the reader narrows it where it is read. */
// biome-ignore lint/suspicious/noExplicitAny: a document whose shape the registry of aspects decides at run time
export type Json = any;
