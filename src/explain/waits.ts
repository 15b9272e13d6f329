// Who waits for whom, and for what: docs/self-assembly.md as data. Pure.
import type { Cluster, Node } from "../model.ts";
import { urlHost } from "../render/authority.ts";
import { bareAddress, mastersOf } from "../resolve/resolve.ts";

/** In links, the place of the API that all nodes share. */
export const endpointName = "endpoint";

export interface Link {
  /** Names of nodes or pools, or `endpoint`. */
  readonly from: string;
  readonly to: string;
  /** `waits`: does not go on before. `carries`: whoever speaks to the endpoint is answered by this one. */
  readonly kind: "waits" | "carries";
  readonly what: string;
}

export const endpointAuthority = ({ endpoint }: Cluster): string => `${urlHost(endpoint.host)}:${endpoint.port}`;

const waits = (from: Node, to: string, what: string): Link => ({ from: from.name, to, kind: "waits", what });

const answer = "until /readyz answers 200 with a certificate of the cluster's CA; without limit";

const waitsOf = (cluster: Cluster, node: Node): readonly Link[] => {
  const { bootstrap } = node.role;
  if (bootstrap === "load-balancer") return [];
  if (bootstrap !== "init") return [waits(node, endpointName, answer)];
  if (cluster.state === "existing") return [waits(node, endpointName, `${answer}: the cluster exists, so it joins`)];
  const others = mastersOf(cluster.nodes).filter((master) => master !== node);
  return [
    waits(node, endpointName, "until its name resolves and TCP is accepted or refused; at most 10 minutes"),
    ...others.map((other) =>
      waits(node, other.name, "until it says that it holds no etcd data, or all was silent for 2 minutes"),
    ),
  ];
};

const carries = (from: string, to: string, what: string): Link => ({ from, to, kind: "carries", what });

/** Load balancers of ours, or the master whose own address the endpoint is; nobody when it is somebody else's. */
const carriers = ({ nodes, endpoint }: Cluster): readonly Link[] => {
  const balancers = nodes.filter(({ role }) => role.bootstrap === "load-balancer");
  const masters = mastersOf(nodes);
  if (balancers.length === 0) {
    const own = masters.filter(({ addresses }) => addresses.map(bareAddress).includes(endpoint.host));
    return own.map(({ name }) => carries(endpointName, name, "its own API server"));
  }
  const behind = balancers.flatMap((balancer) =>
    masters.map(({ name }) => carries(balancer.name, name, "once its /readyz answers 200 with the cluster's CA")),
  );
  const front = endpoint.owned ? balancers.map(({ name }) => carries(endpointName, name, "HAProxy")) : [];
  return [...front, ...behind];
};

/** In the order of cluster.yaml. */
export const linksOf = (cluster: Cluster): readonly Link[] => [
  ...cluster.nodes.flatMap((node) => waitsOf(cluster, node)),
  ...carriers(cluster),
];
