// `kimg seal`: the cluster stands, and from now on no seed can make another. Changes one line of cluster.yaml and renders again.
import { readText } from "../config/read-file.ts";
import { DiagnosticError } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import type { Cluster } from "../model.ts";
import { sealText } from "../operate/seal-text.ts";
import { renderCluster } from "../render/render.ts";
import { type SeedsOptions, writeSeeds } from "./render.ts";
import { loadTrustedCluster } from "./trusted-cluster.ts";
import { withWarnings } from "./warnings.ts";

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

/** Writes `clusterState: existing` into the file; false when it was there. */
const sealFile = async (io: Io, file: string): Promise<boolean> => {
  const status = await io.files.status(file);
  const { text = "", diagnostics } = await readText(io.files, file);
  if (diagnostics.length > 0) throw new DiagnosticError(diagnostics);
  const sealed = sealText(text, file);
  if (sealed === text) return false;
  if (status?.kind === "link") throw refuseLink(file);
  const marked = (await io.files.read(file))[0] === 0xef;
  await io.files.write(file, marked ? byteOrderMark + sealed : sealed, (status?.mode ?? 0o644) & 0o777);
  return true;
};

/** What to print. Rejects with DiagnosticError; nothing is written when the cluster cannot be rendered. */
export const seal = async (io: Io, options: SeedsOptions): Promise<string> => {
  const { cluster: before, secrets, warnings } = await loadTrustedCluster(io, options);
  const cluster: Cluster = { ...before, state: "existing" };
  renderCluster(cluster, secrets);
  const changed = await sealFile(io, options.cluster);
  const seeds = await writeSeeds(io, cluster, secrets, options.output);
  const said = changed ? "sealed (clusterState: existing)" : "is sealed already";
  const next = "Replace the seeds that machines are given: those made before can still make a cluster.";
  const text = [`${options.cluster}: ${said}`, seeds, ...(changed ? [next] : [])].join("\n");
  return withWarnings(text, warnings, options.color);
};
