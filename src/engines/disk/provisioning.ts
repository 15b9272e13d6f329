// What the second stage works on.
import type { BuildRequest, SuppliedParts } from "../../model.ts";
import type { LocalArchive } from "../../tools/local-archive.ts";
import type { BaseStage } from "./base.ts";
import type { Inside } from "./inside.ts";

export interface Provisioning {
  readonly request: BuildRequest;
  readonly base: BaseStage;
  readonly supplied: SuppliedParts;
  /** What the base was made from, if not from the image's sources. */
  readonly archive?: LocalArchive | undefined;
}

/** A root file system that is being worked on. */
export type Place = Pick<Inside, "work" | "root">;
