// What a datasource is to kimg: one node's seed in, files for its machine out. Pure. Must not compress by itself: `Seed.gzip` looks for
// secrets first, which nobody finds afterwards.
import type { DatasourceName, Json, Network, Node } from "../../model.ts";

/** What a node's machine must be told, in no form yet. */
export interface Seed {
  readonly cluster: string;
  readonly network: Network;
  /** With a slash at its end. */
  readonly seedUrl: string | undefined;
  readonly node: Node;
  /** What user-data finds below `ds.meta_data.kimg`. */
  readonly kimg: Json;
  readonly instanceId: string;
  /** Undefined for a pool, whose machines have their names from elsewhere. */
  readonly hostname: string | undefined;
  /** YAML of `instance-id`, `local-hostname` and `kimg`. */
  readonly metaData: string;
  /** YAML of cloud-init's network-config, version 2. */
  readonly networkConfig: string;
  /** The same below a key `network`. */
  readonly nestedNetworkConfig: () => string;
  /** A cloud-config in jinja, for datasources that hand the meta-data through. */
  readonly userData: Uint8Array;
  /** The same with a statement of jinja that sets the values, and with the machine's name, which a platform's meta-data has otherwise. */
  readonly userDataSetting: (kimg: string) => Uint8Array;
  /** The same bytes for the same input. Throws SecretLeak. */
  readonly gzip: (bytes: Uint8Array) => Uint8Array;
}

/** How much of something a platform takes. */
export interface Budget {
  /** Bytes. */
  readonly limit: number;
  /** Bytes; those of the file when not given. */
  readonly used?: number;
  /** Such as `user-data`. */
  readonly what: string;
  readonly compressed: boolean;
}

export interface SeedFile {
  /** Below the node's folder. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly budget?: Budget;
}

export interface Datasource {
  readonly name: DatasourceName;
  readonly files: (seed: Seed) => readonly SeedFile[];
}
