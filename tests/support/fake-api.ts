// A Kubernetes API and an etcd in memory, behind `Io.network.call`: what commands ask, and what becomes of it.
import type { Io, Network, TlsAnswer, TlsCall, TlsFailure } from "../../src/edge/io.ts";
import type { Json } from "../../src/model.ts";

export interface FakeMember {
  readonly ID: string;
  readonly name?: string;
  readonly peerURLs: readonly string[];
  readonly clientURLs?: readonly string[];
  readonly isLearner?: boolean;
}

export interface FakeApi {
  readonly io: Io;
  /** `GET https://10.0.0.10:6443/version`, in the order asked. */
  readonly asked: string[];
  readonly calls: TlsCall[];
  /** Path → object; a list where it is one. */
  readonly objects: Map<string, Json>;
  readonly members: FakeMember[];
  /** Hosts (`10.0.0.10:6443`) that are not well, and what comes of asking them. */
  readonly down: Map<string, TlsAnswer | TlsFailure>;
  /** What is answered in place of the usual, by path. */
  readonly statuses: Map<string, number>;
}

const certificateEnds = new Date("2026-12-01T00:00:00Z");

export const answer = (status: number, body: unknown): TlsAnswer => ({
  kind: "answer",
  status,
  body: typeof body === "string" ? body : JSON.stringify(body),
  certificateEnds,
});

const itemsAt = (objects: ReadonlyMap<string, Json>, path: string): readonly Json[] | undefined => {
  const list = objects.get(path);
  return list !== undefined && Array.isArray(list["items"]) ? (list["items"] as Json[]) : undefined;
};

/** In parts of two, so that every list longer than that is asked for again. */
const part = (items: readonly Json[], from: number): Json => {
  const until = from + 2;
  return { items: items.slice(from, until), metadata: until < items.length ? { continue: String(until) } : {} };
};

/** Of the very object that the request means. */
const removal = (objects: Map<string, Json>, path: string, body: string): TlsAnswer => {
  const [, folder = "", name = ""] = /^(.*)\/([^/]+)$/.exec(path) ?? [];
  const items = itemsAt(objects, folder) ?? [];
  const gone = items.find((item) => (item["metadata"] as Json)["name"] === name);
  if (gone === undefined) return answer(404, { message: "not found" });
  const { preconditions } = JSON.parse(body) as { readonly preconditions: { readonly uid: string } };
  if (preconditions.uid !== (gone["metadata"] as Json)["uid"]) return answer(409, { message: "another UID" });
  objects.set(folder, { items: items.filter((item) => item !== gone) });
  return answer(200, {});
};

const kubernetes = ({ objects, statuses }: FakeApi, call: TlsCall): TlsAnswer => {
  const { pathname, searchParams } = new URL(call.url);
  const status = statuses.get(pathname);
  if (status !== undefined) return answer(status, { kind: "Status", message: `told to answer ${status}` });
  if (call.method === "POST") {
    const object = JSON.parse(call.body ?? "") as Json & { readonly metadata: { readonly name: string } };
    const place = `${pathname}/${object.metadata.name}`;
    if (objects.has(place)) return answer(409, { message: "already exists" });
    objects.set(place, object);
    return answer(201, object);
  }
  if (call.method === "DELETE") return removal(objects, pathname, call.body ?? "");
  const items = itemsAt(objects, pathname);
  if (items !== undefined) return answer(200, part(items, Number(searchParams.get("continue") ?? 0)));
  const object = objects.get(pathname);
  return object === undefined ? answer(404, { message: "not found" }) : answer(200, object);
};

const etcd = ({ members }: FakeApi, call: TlsCall): TlsAnswer => {
  const { pathname } = new URL(call.url);
  if (pathname === "/v3/cluster/member/list") return answer(200, { members });
  if (pathname === "/v3/maintenance/status") return answer(200, { leader: "17" });
  const { ID } = JSON.parse(call.body ?? "") as { readonly ID: string };
  const index = members.findIndex((member) => member.ID === ID);
  if (index === -1) return answer(404, { message: "etcdserver: member not found" });
  members.splice(index, 1);
  return answer(200, { members });
};

/** `around` gives everything but the network's calls. */
export const fakeApi = (around: Io): FakeApi => {
  const call: Network["call"] = async (made) => {
    const { host } = new URL(made.url);
    fake.asked.push(`${made.method} ${made.url}`);
    fake.calls.push(made);
    return fake.down.get(host) ?? (host.endsWith(":2379") ? etcd(fake, made) : kubernetes(fake, made));
  };
  const fake: FakeApi = {
    io: { ...around, network: { ...around.network, call } },
    asked: [],
    calls: [],
    objects: new Map<string, Json>([["/version", { gitVersion: "v1.37.2" }]]),
    members: [],
    down: new Map(),
    statuses: new Map(),
  };
  return fake;
};

export const unreachable: TlsFailure = { kind: "unreachable", message: "connect ECONNREFUSED" };

export interface FakeNode {
  readonly ready?: boolean;
  readonly version?: string;
  readonly master?: boolean;
  readonly uid?: string;
  readonly addresses?: readonly string[];
}

export const node = (name: string, more: FakeNode = {}): Json => ({
  metadata: {
    name,
    uid: more.uid ?? `uid of ${name}`,
    labels: more.master === true ? { "node-role.kubernetes.io/control-plane": "" } : {},
  },
  status: {
    conditions: [{ type: "Ready", status: more.ready === false ? "Unknown" : "True", message: "as told" }],
    nodeInfo: { kubeletVersion: `v${more.version ?? "1.37.2"}` },
    addresses: (more.addresses ?? []).map((address) => ({ type: "InternalIP", address })),
  },
});

export const controlPlanePod = (component: string, on: string, ready = true): Json => ({
  metadata: { name: `${component}-${on}`, labels: { component, tier: "control-plane" } },
  spec: { nodeName: on },
  status: { conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
});
