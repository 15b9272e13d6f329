// What pods need of a cluster: each other, services by address, port and name, limits that hold, and no way to the machine's metadata.
import { addressOf, everyone, kubectl, kubectlJson, loadBalancers, workers } from "../kubernetes.ts";
import type { Lab } from "../lab.ts";
import { startNeighbour } from "../neighbour.ts";
import { type Pod, apply, inPod, namespaceManifest, podManifest, removeNamespaces, waitForPods } from "../pods.ts";
import type { Case, Scene } from "../scene.ts";
import { bringTestImage, busybox } from "../test-image.ts";
import { waitUntil } from "../wait.ts";

/** A service `foo` of namespace `bar`, and a stranger in `quux`: as in the guide to names of services. */
const [own, other] = ["bar", "quux"] as const;
const nodePort = 30080;

interface Actors {
  /** Behind the service, one on each worker. */
  readonly servers: readonly Pod[];
  readonly insider: Pod;
  readonly stranger: Pod;
}

const actors = (lab: Lab): Actors => {
  const [first = "", second = ""] = workers(lab);
  return {
    servers: [first, second].map((on) => ({ namespace: own, name: `foo-on-${on}`, on, app: "foo" })),
    insider: { namespace: own, name: "insider", on: first, app: "client" },
    stranger: { namespace: other, name: "stranger", on: second, app: "client" },
  };
};

const service = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "foo", namespace: own },
  spec: { type: "NodePort", selector: { app: "foo" }, ports: [{ port: 80, nodePort }] },
};

const fetchFrom = (lab: Lab, pod: Pod, host: string): Promise<string> =>
  inPod(lab, pod, ["wget", "-q", "-O", "-", "-T", "5", `http://${host}/`]);

const expectAnswer = (answer: string, wanted: readonly string[]): void => {
  if (!wanted.includes(answer)) throw new Error(`"${answer}" answered, and not one of ${wanted.join(", ")}`);
};

const start = async (scene: Scene, all: Actors): Promise<void> =>
  scene.check("pods and a service come up", async () => {
    const { lab } = scene;
    await bringTestImage(lab, workers(lab));
    const pods = [...all.servers, all.insider, all.stranger];
    await apply(lab, [namespaceManifest(own), namespaceManifest(other)]);
    await apply(lab, [service, ...pods.map((pod) => podManifest(pod))]);
    for (const name of [own, other]) await waitForPods(lab, name);
  });

const checkAcrossNodes = ({ lab, check }: Scene, { servers, insider, stranger }: Actors): Promise<void> =>
  check("a pod on each worker reaches the pod on the other", async () => {
    for (const from of [insider, stranger]) {
      const server = servers.find(({ on }) => on !== from.on);
      if (server === undefined) throw new Error("both are on one worker");
      const query = [`--namespace=${own}`, "get", "pod", server.name, "--output=jsonpath={.status.podIP}"];
      expectAnswer(await fetchFrom(lab, from, (await kubectl(lab, query)).stdout), [server.name]);
    }
  });

const untilAllAnswered = async (what: string, servers: readonly Pod[], ask: () => Promise<string>): Promise<void> => {
  const names = servers.map(({ name }) => name);
  const answered = new Set<string>();
  await waitUntil(`${what} to lead to every pod`, { seconds: 60, every: 0.1 }, async () => {
    answered.add(await ask());
    expectAnswer([...answered].at(-1) ?? "", names);
    return answered.size === names.length || { missing: `only ${[...answered].join(", ")}` };
  });
};

const checkClusterAddress = ({ lab, check }: Scene, { servers, insider, stranger }: Actors): Promise<void> =>
  check("the service's cluster address leads to the pods on both workers", async () => {
    const query = [`--namespace=${own}`, "get", "service", "foo", "--output=jsonpath={.spec.clusterIP}"];
    const { stdout: address } = await kubectl(lab, query);
    for (const pod of [insider, stranger]) await untilAllAnswered(address, servers, () => fetchFrom(lab, pod, address));
  });

/** Python is in every image, for the boot agent. */
const fetchProgram =
  "import sys, urllib.request as r; print(r.urlopen(sys.argv[1], timeout=5).read().decode().strip())";

const fetchOn = async (lab: Lab, machine: string, url: string): Promise<string> =>
  (await lab.machine(machine).exec(["python3", "-c", fetchProgram, url], { accept: [0] })).stdout.trim();

const checkNodePort = ({ lab, check }: Scene, { servers }: Actors): Promise<void> =>
  check("its port on every node leads to them, asked from outside of the cluster", async () => {
    const [outside = ""] = loadBalancers(lab);
    const nodes = everyone(lab).filter((name) => !loadBalancers(lab).includes(name));
    for (const node of nodes) {
      const url = `http://${addressOf(lab, node)}:${nodePort}/`;
      await untilAllAnswered(url, servers, () => fetchOn(lab, outside, url));
    }
    return nodes.join(", ");
  });

const checkNames = ({ lab, check }: Scene, { servers, insider, stranger }: Actors): Promise<void> =>
  check("its own namespace finds it as foo, another one as foo.bar and not as foo", async () => {
    const names = servers.map(({ name }) => name);
    for (const name of ["foo", "foo.bar"]) expectAnswer(await fetchFrom(lab, insider, name), names);
    expectAnswer(await fetchFrom(lab, stranger, "foo.bar"), names);
    const found = await fetchFrom(lab, stranger, "foo").catch(() => undefined);
    if (found !== undefined) throw new Error(`"foo" was found from ${other}: ${found}`);
  });

interface EndedPod {
  readonly status: {
    readonly containerStatuses?: readonly { readonly state: { readonly terminated?: { readonly reason: string } } }[];
  };
}

const checkMemoryLimit = ({ lab, check }: Scene): Promise<void> =>
  check("a container that takes more memory than its limit is ended", async () => {
    const pod: Pod = { namespace: own, name: "glutton", on: workers(lab)[0] ?? "", app: "glutton" };
    const grow = 'BEGIN { text = "x"; while (1) text = text text }';
    const container = { command: ["awk", grow], resources: { limits: { memory: "32Mi" } } };
    await apply(lab, [podManifest(pod, { restartPolicy: "Never" }, container)]);
    await waitUntil("the container to be ended", { seconds: 120 }, async () => {
      const { status } = await kubectlJson<EndedPod>(lab, [`--namespace=${own}`, "get", "pod", pod.name]);
      const reason = status.containerStatuses?.[0]?.state.terminated?.reason;
      return reason === "OOMKilled" || { missing: reason ?? "it runs" };
    });
  });

/** What a cloud tells its machines, tokens included, is there for whoever asks. */
const metadata = "169.254.169.254";

const checkMetadata = ({ lab, check }: Scene, { insider, stranger }: Actors): Promise<void> =>
  check("a metadata service answers the machines, and no pod", async () => {
    const folder = lab.place.path("metadata");
    await lab.io.files.write(`${folder}/index.html`, "metadata\n");
    await lab.network.addAddress(`${metadata}/32`);
    const argv = [await busybox(lab.io), "httpd", "-f", "-p", `${metadata}:80`, "-h", folder];
    const neighbour = await startNeighbour(lab, argv);
    try {
      const url = `http://${metadata}/`;
      for (const { on } of [insider, stranger])
        await waitUntil(`${on} to be answered`, { seconds: 20 }, async () => (await fetchOn(lab, on, url)) !== "");
      for (const pod of [insider, stranger]) {
        const answer = await fetchFrom(lab, pod, metadata).catch(() => undefined);
        if (answer !== undefined) throw new Error(`${pod.name} was answered: ${answer}`);
      }
    } finally {
      await neighbour.stop();
      await lab.network.removeAddress(`${metadata}/32`);
    }
  });

export const pods: Case = {
  name: "pods",
  does: "Starts pods on both workers and a service before them, and lets them talk",
  endsIn:
    "across nodes, ClusterIP, NodePort on every node, look-ups of foo and foo.bar, memory limit enforced, metadata address blocked for pods: all work",
  inTest: true,
  from: "formed",
  leaves: "formed",
  run: async (scene) => {
    const all = actors(scene.lab);
    await start(scene, all);
    await checkAcrossNodes(scene, all);
    await checkClusterAddress(scene, all);
    await checkNodePort(scene, all);
    await checkNames(scene, all);
    await checkMemoryLimit(scene);
    await checkMetadata(scene, all);
    await removeNamespaces(scene.lab, [own, other]);
  },
};
