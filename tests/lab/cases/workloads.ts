// What a cluster is for, in a small way: a deployment that reads its configuration, is found by name, is changed while it is used, and
// leaves a node that is drained.
import { kubectl, kubectlJson, workers } from "../kubernetes.ts";
import type { Lab } from "../lab.ts";
import { type Pod, apply, inPod, namespaceManifest, podManifest, removeNamespaces, waitForPods } from "../pods.ts";
import type { Case, Scene } from "../scene.ts";
import { bringTestImage, testImage } from "../test-image.ts";
import { waitUntil } from "../wait.ts";

const namespace = "workloads";
const app = "web";
const replicas = 4;
/** Fewer are never there, whatever is done to them. */
const minAvailable = 3;

const pagesOf = (version: string) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: `pages-${version}`, namespace },
  data: { "index.html": `${version}\n` },
});

const container = {
  name: "main",
  image: testImage,
  imagePullPolicy: "Never",
  command: ["httpd", "-f", "-p", "80", "-h", "/www"],
  readinessProbe: { httpGet: { path: "/", port: 80 }, periodSeconds: 1 },
  // Until every node has heard that the pod is not to be asked any more.
  lifecycle: { preStop: { sleep: { seconds: 5 } } },
  volumeMounts: [{ name: "pages", mountPath: "/www" }],
};

const deployment = (version: string) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: app, namespace },
  spec: {
    replicas,
    selector: { matchLabels: { app } },
    strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    template: {
      metadata: { labels: { app } },
      spec: {
        containers: [container],
        volumes: [{ name: "pages", configMap: { name: `pages-${version}` } }],
        topologySpreadConstraints: [
          {
            ...{ maxSkew: 1, topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "ScheduleAnyway" },
            labelSelector: { matchLabels: { app } },
          },
        ],
      },
    },
  },
});

const around = [
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: app, namespace },
    spec: { selector: { app }, ports: [{ port: 80 }] },
  },
  {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: app, namespace },
    spec: { minAvailable, selector: { matchLabels: { app } } },
  },
];

const clientOf = (lab: Lab): Pod => ({ namespace, name: "client", on: workers(lab)[0] ?? "", app: "client" });

const ask = (lab: Lab): Promise<string> =>
  inPod(lab, clientOf(lab), ["wget", "-q", "-O", "-", "-T", "5", `http://${app}.${namespace}.svc.cluster.local/`]);

interface PodList {
  readonly items: readonly { readonly spec: { readonly nodeName?: string } }[];
}

/** Machines that its pods are on, one entry a pod, sorted. Pods on their way out count. */
const placesOf = async (lab: Lab): Promise<readonly string[]> => {
  const query = [`--namespace=${namespace}`, "get", "pods", `--selector=app=${app}`];
  const { items } = await kubectlJson<PodList>(lab, query);
  return items.map(({ spec }) => spec.nodeName ?? "nowhere").toSorted();
};

const rolledOut = async (lab: Lab): Promise<void> => {
  const status = ["rollout", "status", `deployment/${app}`, "--timeout=180s"];
  await kubectl(lab, [`--namespace=${namespace}`, ...status], { seconds: 200 });
};

/** Asks the service again and again while `work` goes on. Fails when it is not answered once. What was answered, each once. */
const askedMeanwhile = async (lab: Lab, work: () => Promise<void>): Promise<readonly string[]> => {
  const end = new AbortController();
  const answers = new Set<string>();
  const asking = async (): Promise<void> => {
    while (!end.signal.aborted) answers.add(await ask(lab));
  };
  await Promise.all([work().finally(() => end.abort()), asking()]);
  return [...answers];
};

const checkDeployment = (scene: Scene): Promise<void> =>
  scene.check("a deployment with a config map comes up on both workers, and is found by name", async () => {
    const { lab } = scene;
    await bringTestImage(lab, workers(lab));
    await apply(lab, [namespaceManifest(namespace)]);
    await apply(lab, [pagesOf("one"), deployment("one"), ...around, podManifest(clientOf(lab))]);
    await rolledOut(lab);
    await waitForPods(lab, namespace);
    const places = await placesOf(lab);
    if (new Set(places).size !== 2 || places.length !== replicas)
      throw new Error(`its pods are on ${places.join(", ")}`);
    const answer = await ask(lab);
    if (answer !== "one") throw new Error(`it answers "${answer}"`);
  });

const checkRollingUpdate = (scene: Scene): Promise<void> =>
  scene.check("a rolling update changes what it answers, and nobody is turned away meanwhile", async () => {
    const { lab } = scene;
    const answers = await askedMeanwhile(lab, async () => {
      await apply(lab, [pagesOf("two"), deployment("two")]);
      await rolledOut(lab);
    });
    await waitUntil("the old pods to be gone", { seconds: 60 }, async () => (await placesOf(lab)).length === replicas);
    const answer = await ask(lab);
    if (answer !== "two") throw new Error(`it answers "${answer}" afterwards`);
    return `answered meanwhile: ${answers.join(", ")}`;
  });

const checkDrain = (scene: Scene): Promise<void> =>
  scene.check("a drained worker is left by its pods, and nobody is turned away meanwhile", async () => {
    const { lab } = scene;
    const [stays = "", drained = ""] = workers(lab);
    await askedMeanwhile(lab, async () => {
      const drain = ["drain", drained, "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout=180s"];
      await kubectl(lab, drain, { seconds: 200 });
      await rolledOut(lab);
    });
    const places = await placesOf(lab);
    if (places.join() !== Array(replicas).fill(stays).join()) throw new Error(`its pods are on ${places.join(", ")}`);
  });

const checkReturn = (scene: Scene): Promise<void> =>
  scene.check("a worker that is uncordoned is given pods again", async () => {
    const { lab } = scene;
    const [, returned = ""] = workers(lab);
    await kubectl(lab, ["uncordon", returned]);
    await kubectl(lab, [`--namespace=${namespace}`, "scale", `deployment/${app}`, `--replicas=${replicas + 2}`]);
    await rolledOut(lab);
    const places = await placesOf(lab);
    if (!places.includes(returned)) throw new Error(`its pods are on ${places.join(", ")}`);
  });

export const workloads: Case = {
  name: "workloads",
  does: "Starts a deployment with a config map and a service, changes it while it is asked, and drains a worker",
  endsIn: "found by name, rolling update and drain turn nobody away, a worker that is uncordoned gets pods again",
  inTest: true,
  from: "formed",
  leaves: "formed",
  run: async (scene) => {
    await checkDeployment(scene);
    await checkRollingUpdate(scene);
    await checkDrain(scene);
    await checkReturn(scene);
    await removeNamespaces(scene.lab, [namespace]);
  },
};
