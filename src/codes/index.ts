// Every code that a diagnostic can have. `Diagnostic.code` is one of these: a code without an entry does not compile.
import { artifactCodes } from "./artifacts.ts";
import { buildCodes, lockCodes, mirrorCodes, packerCodes } from "./build.ts";
import {
  endpointCodes,
  kubernetesCodes,
  networkCodes,
  nodeCodes,
  passThroughCodes,
  platformCodes,
  programCodes,
} from "./cluster.ts";
import { contentCodes, templateCodes } from "./content.ts";
import { failureCodes } from "./failure.ts";
import { renderCodes, repairCodes, statusCodes } from "./operation.ts";
import { trustCodes } from "./trust.ts";
import { fileCodes, shapeCodes, yamlCodes } from "./written.ts";

export type { CodeEntry } from "./entry.ts";

export const codes = {
  ...fileCodes,
  ...yamlCodes,
  ...shapeCodes,
  ...nodeCodes,
  ...endpointCodes,
  ...networkCodes,
  ...platformCodes,
  ...kubernetesCodes,
  ...passThroughCodes,
  ...programCodes,
  ...contentCodes,
  ...templateCodes,
  ...trustCodes,
  ...buildCodes,
  ...lockCodes,
  ...mirrorCodes,
  ...packerCodes,
  ...renderCodes,
  ...statusCodes,
  ...repairCodes,
  ...artifactCodes,
  ...failureCodes,
} as const;

/** `room/slug`, stable: `node/unknown-role`. */
export type DiagnosticCode = keyof typeof codes;

type Slug<Code extends string, Room extends string> = Code extends `${Room}/${infer Rest}` ? Rest : never;

/** The slugs of a room, for functions that make its codes. */
export type CodeOf<Room extends string> = Slug<DiagnosticCode, Room>;
