// What a seed tells its machine: who it is, and which files cloud-init will write. Names, places and sizes; never a secret's value. Pure.
import { parse } from "yaml";
import type { Json, JsonValue } from "../model.ts";
import { nodeFiles } from "../render/seed.ts";

export interface SeedFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Permission bits, where the medium has any. */
  readonly mode: number | undefined;
}

export interface SeedFacts {
  /** Of the medium. */
  readonly files: readonly SeedFile[];
  readonly instanceId: string;
  /** Empty when the machine brings its own. */
  readonly hostname: string;
  /** kimg's part of the meta-data, without what is secret; empty for a seed of others. */
  readonly kimg: Json;
  /** Names of what the meta-data holds and nobody is shown. */
  readonly secrets: readonly string[];
  /** Files that cloud-init will write; undefined when the user-data cannot be read as a cloud-config. */
  readonly writes: readonly SeedFile[] | undefined;
}

/** Name below the seed's root, or the last part of it → bytes. */
export type SeedContent = ReadonlyMap<string, SeedEntry>;

export interface SeedEntry {
  readonly bytes: Uint8Array;
  /** Permission bits, where the medium has any. */
  readonly mode: number | undefined;
}

const isMap = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

/** What is no YAML is nothing: the seeds of others may hold scripts and archives. */
const document = (bytes: Uint8Array | undefined): Json | undefined => {
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = parse(Buffer.from(bytes).toString(), { version: "1.1" });
    return isMap(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/** What of src/render/metadata.ts anybody may see. All else is taken for a secret, so that a new one is none that is shown. */
const openNames: ReadonlySet<string> = new Set([
  ...["version", "cluster", "cluster_state", "role", "bootstrap", "ordinal", "node", "address", "node_ip"],
  ...["endpoint", "endpoint_authority", "ca_hash"],
]);

const textOf = (value: JsonValue | undefined): string =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";

const written = (userData: Json): readonly SeedFile[] =>
  nodeFiles(userData).map(({ path, mode, text }) => ({ path: `/${path}`, mode, size: Buffer.byteLength(text) }));

export const seedFacts = (content: SeedContent): SeedFacts => {
  const bytesOf = (name: string): Uint8Array | undefined => content.get(name)?.bytes;
  const metadata = document(bytesOf("meta-data")) ?? {};
  const kimg = isMap(metadata["kimg"]) ? metadata["kimg"] : {};
  const entries = Object.entries(kimg);
  const userData = document(bytesOf("user-data"));
  return {
    files: [...content].map(([path, { bytes, mode }]) => ({ path, mode, size: bytes.length })),
    instanceId: textOf(metadata["instance-id"]),
    hostname: textOf(metadata["local-hostname"]),
    kimg: Object.fromEntries(entries.filter(([name]) => openNames.has(name))),
    secrets: entries.map(([name]) => name).filter((name) => !openNames.has(name)),
    writes: userData === undefined ? undefined : written(userData),
  };
};
