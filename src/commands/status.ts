// `kimg status`: the running cluster, held against cluster.yaml.
import { formatDiagnostics, plainDiagnostic, type Diagnostic } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import type { Cluster } from "../model.ts";
import { openApi } from "../operate/api.ts";
import { daysUntil, judge } from "../operate/health.ts";
import { observe, type Observed, type ObservedNode } from "../operate/observed.ts";
import { unsealedWarnings } from "./render.ts";
import { loadTrustedCluster, noteWarnings, type TrustOptions } from "./trusted-cluster.ts";
import { formatTable } from "./words.ts";

export interface StatusOptions extends TrustOptions {
  readonly server?: string;
  readonly json: boolean;
}

export interface Status {
  readonly text: string;
  readonly healthy: boolean;
}

interface Row {
  readonly name: string;
  /** Of cluster.yaml; empty for a machine that it does not name. */
  readonly role: string;
  readonly state: "Ready" | "NotReady" | "missing";
  readonly version: string;
  readonly etcd: "ready" | "not ready" | "";
}

const etcdOn = ({ components }: Observed, node: string): Row["etcd"] => {
  const pod = components.find((each) => each.component === "etcd" && each.node === node);
  if (pod === undefined) return "";
  return pod.ready ? "ready" : "not ready";
};

const rowOf = (observed: Observed, name: string, role: string, node: ObservedNode | undefined): Row => ({
  name,
  role,
  state: node === undefined ? "missing" : node.ready ? "Ready" : "NotReady",
  version: node?.version ?? "",
  etcd: etcdOn(observed, name),
});

/** Those of cluster.yaml in its order, then the others by name. */
const rowsOf = (cluster: Cluster, observed: Observed): readonly Row[] => {
  const named = cluster.nodes.filter(({ pool, role }) => !pool && role.bootstrap !== "load-balancer");
  const known = new Set(named.map(({ name }) => name));
  const others = observed.nodes.filter(({ name }) => !known.has(name));
  return [
    ...named.map(({ name, role }) =>
      rowOf(
        observed,
        name,
        role.name,
        observed.nodes.find((node) => node.name === name),
      ),
    ),
    ...others
      .toSorted((left, right) => (left.name < right.name ? -1 : 1))
      .map((node) => rowOf(observed, node.name, "", node)),
  ];
};

const certificateWords = (observed: Observed, now: Date): string => {
  const own = observed.servers.flatMap(({ name, certificateEnds }) =>
    certificateEnds === undefined ? [] : [`${name} ${daysUntil(now, certificateEnds)} days`],
  );
  if (own.length > 0) return own.join(", ");
  return observed.certificateEnds === undefined ? "unknown" : `${daysUntil(now, observed.certificateEnds)} days`;
};

const describe = (
  cluster: Cluster,
  observed: Observed,
  problems: readonly Diagnostic[],
  server: string,
  now: Date,
  color = false,
): string => {
  const rows = rowsOf(cluster, observed).map(({ name, role, state, version, etcd }) => [
    name,
    role === "" ? "-" : role,
    state,
    version === "" ? "-" : version,
    etcd === "" ? "-" : etcd,
  ]);
  const { coreDns } = observed;
  const healthy = !problems.some(({ severity }) => severity === "error");
  return [
    formatTable([["NODE", "ROLE", "STATE", "VERSION", "ETCD"], ...rows]),
    "",
    `API           ${observed.version} at ${server}`,
    `certificates  ${certificateWords(observed, now)}`,
    `CoreDNS       ${coreDns === undefined ? "none" : `${coreDns.ready} of ${coreDns.wanted} ready`}`,
    "",
    ...(problems.length === 0 ? [] : [formatDiagnostics(problems, { color }), ""]),
    `${cluster.name} is ${healthy ? "healthy" : "not healthy"}`,
  ].join("\n");
};

const asJson = (
  cluster: Cluster,
  observed: Observed,
  problems: readonly Diagnostic[],
  server: string,
  now: Date,
): string => {
  const age = (ends: Date | undefined) =>
    ends === undefined ? {} : { certificateEnds: ends, certificateDays: daysUntil(now, ends) };
  const document = {
    cluster: cluster.name,
    healthy: !problems.some(({ severity }) => severity === "error"),
    sealed: cluster.state === "existing",
    wantedVersion: cluster.kubernetes.version,
    api: { server, version: observed.version, ...age(observed.certificateEnds) },
    nodes: rowsOf(cluster, observed),
    components: observed.components,
    masters: observed.servers.map(({ name, status, certificateEnds }) => ({ name, status, ...age(certificateEnds) })),
    coreDns: observed.coreDns,
    problems: problems.map(plainDiagnostic),
  };
  return JSON.stringify(document, undefined, 2);
};

/** Rejects with DiagnosticError, or with ToolError when the API does not answer. */
export const status = async (io: Io, options: StatusOptions): Promise<Status> => {
  const { cluster, secrets, warnings } = await loadTrustedCluster(io, options);
  noteWarnings(io, warnings);
  const api = await openApi(io, cluster, secrets, options.server);
  const observed = await io.progress.stage(`asking ${api.server.url}`, () => observe(io, api, cluster, secrets));
  const now = io.now();
  const problems = [...judge(cluster, observed, now), ...unsealedWarnings(cluster)];
  const healthy = !problems.some(({ severity }) => severity === "error");
  const { url } = api.server;
  const text = options.json
    ? asJson(cluster, observed, problems, url, now)
    : describe(cluster, observed, problems, url, now, options.color);
  return { text, healthy };
};
