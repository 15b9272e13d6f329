// What the API says of a running cluster, as plain data: the few fields of Nodes, Pods and Deployments that health is judged by.
// Owns the forms of those objects; must not judge.
import type { Io } from "../edge/io.ts";
import type { Cluster, Json, JsonValue, Secrets } from "../model.ts";
import { urlHost } from "../render/authority.ts";
import { apiServerPort } from "../render/kubeadm/v1beta4.ts";
import { bareAddress, mastersOf } from "../resolve/resolve.ts";
import { isMap } from "./answer-body.ts";
import { type Api, ownCertificate } from "./api.ts";

export interface ObservedNode {
  readonly name: string;
  /** Of this object alone: one that is made anew under the same name has another. */
  readonly uid: string;
  readonly ready: boolean;
  /** Why not, in the kubelet's or the node controller's words. */
  readonly reason: string;
  /** The kubelet's: `1.37.2`; empty before it has reported. */
  readonly version: string;
  readonly controlPlane: boolean;
  readonly addresses: readonly string[];
}

/** A static pod of kubeadm's. */
export interface ObservedComponent {
  /** etcd, kube-apiserver … */
  readonly component: string;
  readonly node: string;
  readonly ready: boolean;
}

export interface ObservedDeployment {
  readonly wanted: number;
  readonly ready: number;
}

/** A master's own API server, reached past the load balancer. */
export interface ObservedServer {
  readonly name: string;
  /** 200 when it is ready; undefined when it cannot be reached from here. */
  readonly status: number | undefined;
  readonly certificateEnds: Date | undefined;
}

export interface Observed {
  /** The API server's: `1.37.2`. */
  readonly version: string;
  readonly certificateEnds: Date | undefined;
  readonly nodes: readonly ObservedNode[];
  readonly components: readonly ObservedComponent[];
  /** Undefined when there is none. */
  readonly coreDns: ObservedDeployment | undefined;
  readonly servers: readonly ObservedServer[];
}

/** What lies at the path; undefined where it ends before. */
const at = (value: JsonValue | undefined, ...path: readonly string[]): JsonValue | undefined =>
  path.reduce<JsonValue | undefined>((inner, key) => (isMap(inner) ? inner[key] : undefined), value);

const text = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");
const count = (value: JsonValue | undefined): number => (typeof value === "number" ? value : 0);
const maps = (value: JsonValue | undefined): readonly Json[] => (Array.isArray(value) ? value.filter(isMap) : []);

const withoutV = (version: string): string => version.replace(/^v/, "");

const condition = (object: Json, type: string): Json | undefined =>
  maps(at(object, "status", "conditions")).find((each) => each["type"] === type);

const nodeOf = (node: Json): ObservedNode => {
  const ready = condition(node, "Ready");
  return {
    name: text(at(node, "metadata", "name")),
    uid: text(at(node, "metadata", "uid")),
    ready: ready?.["status"] === "True",
    reason: text(ready?.["message"]) || text(ready?.["reason"]) || "it has never reported",
    version: withoutV(text(at(node, "status", "nodeInfo", "kubeletVersion"))),
    controlPlane: at(node, "metadata", "labels", "node-role.kubernetes.io/control-plane") !== undefined,
    addresses: maps(at(node, "status", "addresses"))
      .filter(({ type }) => type === "InternalIP")
      .map(({ address }) => text(address)),
  };
};

const componentOf = (pod: Json): ObservedComponent => ({
  component: text(at(pod, "metadata", "labels", "component")),
  node: text(at(pod, "spec", "nodeName")),
  ready: condition(pod, "Ready")?.["status"] === "True",
});

const deploymentOf = (deployment: Json): ObservedDeployment => ({
  wanted: count(at(deployment, "spec", "replicas")),
  ready: count(at(deployment, "status", "readyReplicas")),
});

export const observeNodes = async (api: Api): Promise<readonly ObservedNode[]> =>
  (await api.list("/api/v1/nodes")).map(nodeOf);

/** Shorter than for the endpoint: not to be reached from here is the usual case. */
const serverPatience = 3_000;

/** Each master that has an address in cluster.yaml. */
const observeServers = async (io: Io, cluster: Cluster, secrets: Secrets): Promise<readonly ObservedServer[]> => {
  const { certificate, key } = await ownCertificate(io, secrets);
  const asked = mastersOf(cluster.nodes).flatMap(({ name, addresses: [first] }) =>
    first === undefined ? [] : [{ name, url: `https://${urlHost(bareAddress(first))}:${apiServerPort}/readyz` }],
  );
  return Promise.all(
    asked.map(async ({ name, url }) => {
      const authority = secrets.values["ca.crt"];
      const call = { method: "GET", url, authority, certificate, key, patience: serverPatience } as const;
      const result = await io.network.call(call);
      if (result.kind !== "answer") return { name, status: undefined, certificateEnds: undefined };
      return { name, status: result.status, certificateEnds: result.certificateEnds };
    }),
  );
};

/** Rejects with ToolError when the endpoint does not answer. */
export const observe = async (io: Io, api: Api, cluster: Cluster, secrets: Secrets): Promise<Observed> => {
  const version = withoutV(text((await api.get("/version"))?.["gitVersion"]));
  const certificateEnds = api.certificateEnds();
  const nodes = await observeNodes(api);
  const pods = await api.list("/api/v1/namespaces/kube-system/pods?labelSelector=tier%3Dcontrol-plane");
  const coreDns = await api.get("/apis/apps/v1/namespaces/kube-system/deployments/coredns");
  return {
    version,
    certificateEnds,
    nodes,
    components: pods.map(componentOf),
    coreDns: coreDns === undefined ? undefined : deploymentOf(coreDns),
    servers: await observeServers(io, cluster, secrets),
  };
};
