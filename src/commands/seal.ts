// `kimg seal`: the cluster stands, and from now on no seed can make another. Changes one line of cluster.yaml and renders again.
import { join } from "node:path";
import { readText } from "../config/read-file.ts";
import { DiagnosticError, plainDiagnostic } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import type { Cluster, Secrets } from "../model.ts";
import { sealText } from "../operate/seal-text.ts";
import { renderSeeds } from "../render/render.ts";
import { type Confirmation, confirmed } from "./confirm.ts";
import { describeWritten, everybody, type SeedsOptions, writeRendered } from "./render.ts";
import { loadTrustedCluster } from "./trusted-cluster.ts";
import { withWarnings } from "./warnings.ts";
import { refuseForeign, type TreeChanges, treeChanges } from "./write-tree.ts";

const byteOrderMark = "\ufeff";

/** To write a file whole means to put a new one in its place: in that of a link, the link would be lost. */
const refuseLink = (file: string): DiagnosticError =>
  new DiagnosticError([
    {
      severity: "error",
      code: "seal/link",
      message: `${file} is a symbolic link`,
      hint: "name the file that it leads to",
    },
  ]);

const refuseChanged = (file: string): DiagnosticError =>
  new DiagnosticError([
    {
      severity: "error",
      code: "seal/changed",
      message: `${file} has changed since it was read`,
      hint: "nothing was written: run kimg seal again",
    },
  ]);

export interface SealOptions extends SeedsOptions, Confirmation {
  readonly json: boolean;
}

/** The file as it is and as it will be; `sealed` is the very same as `text` when there is nothing to do. */
interface Edit {
  readonly text: string;
  readonly sealed: string;
  readonly write: () => Promise<void>;
}

const planEdit = async (io: Io, file: string): Promise<Edit> => {
  const status = await io.files.status(file);
  const { text = "", diagnostics } = await readText(io.files, file);
  if (diagnostics.length > 0) throw new DiagnosticError(diagnostics);
  const sealed = sealText(text, file);
  if (sealed !== text && status?.kind === "link") throw refuseLink(file);
  const write = async (): Promise<void> => {
    // A person was asked meanwhile, and may have had an editor open.
    if ((await readText(io.files, file)).text !== text) throw refuseChanged(file);
    const marked = (await io.files.read(file))[0] === 0xef;
    await io.files.write(file, marked ? byteOrderMark + sealed : sealed, (status?.mode ?? 0o644) & 0o777);
  };
  return { text, sealed, write };
};

/** Where the first line differs, from 1. */
const changedLine = ({ text, sealed }: Edit): number => {
  const before = text.split("\n");
  return 1 + sealed.split("\n").findIndex((line, index) => line !== before[index]);
};

const stepsOf = (file: string, edit: Edit, folder: string, { changed, stale }: TreeChanges): readonly string[] => [
  `write clusterState: existing into ${file}, at line ${changedLine(edit)}; nothing else of it changes`,
  `render the seeds again into ${folder} (${changed.length} files change, ${stale.length} go): from then on they can only join`,
];

const undo = (file: string): string => `To undo it: clusterState: new in ${file}, then kimg render.`;

/** What is rendered, and that nobody's file is in its way, is found out before cluster.yaml is touched. */
const plan = async (io: Io, cluster: Cluster, secrets: Secrets, options: SealOptions) => {
  const folder = join(options.output, cluster.name);
  const changes = await treeChanges(io, folder, renderSeeds(cluster, secrets).tree);
  refuseForeign(changes.foreign);
  const edit = await planEdit(io, options.cluster);
  const changed = edit.sealed !== edit.text;
  return { edit, changed, steps: changed ? stepsOf(options.cluster, edit, folder, changes) : [] };
};

const notDoneJson = (file: string, steps: readonly string[]): string =>
  JSON.stringify({ cluster: file, done: false, changed: false, steps }, undefined, 2);

const notDone = (file: string, steps: readonly string[]): string =>
  steps.length === 0
    ? `${file}: is sealed already; nothing was done`
    : [`${file}: nothing was done. It would be:`, ...steps.map((step) => `  ${step}`)].join("\n");

const described = (file: string, changed: boolean, seeds: string): string => {
  if (!changed) return [`${file}: is sealed already`, seeds].join("\n");
  const next = "Replace the seeds that machines are given: those made before can still make a cluster.";
  return [`${file}: sealed (clusterState: existing)`, seeds, next, undo(file)].join("\n");
};

/** What to print. Rejects with DiagnosticError or UsageError; nothing is written when the cluster cannot be rendered. */
export const seal = async (io: Io, options: SealOptions): Promise<string> => {
  const { cluster: file, json, color } = options;
  const { cluster: before, secrets, warnings } = await loadTrustedCluster(io, options);
  const cluster: Cluster = { ...before, state: "existing" };
  const { edit, changed, steps } = await plan(io, cluster, secrets, options);
  const agreed = changed ? await confirmed(`To seal ${cluster.name}`, steps, options) : !options.dryRun;
  if (!agreed) return json ? notDoneJson(file, steps) : notDone(file, steps);
  if (changed) await edit.write();
  const written = await writeRendered(io, cluster, secrets, options.output);
  const all = [...warnings, ...written.warnings];
  if (json) {
    const result = { cluster: file, done: true, changed, steps, ...written, warnings: all.map(plainDiagnostic) };
    return JSON.stringify(result, undefined, 2);
  }
  return withWarnings(described(file, changed, describeWritten(written, everybody(cluster))), all, color);
};
