// Pods of a case's own: made in a namespace of theirs, asked things from inside, and gone with it.
import { kubectl } from "./kubernetes.ts";
import type { Json } from "../../src/model.ts";
import type { Lab } from "./lab.ts";
import { testImage } from "./test-image.ts";

export interface Pod {
  readonly namespace: string;
  readonly name: string;
  /** The machine that it runs on. */
  readonly on: string;
  /** For a service to find it. */
  readonly app: string;
}

/** It says its name on port 80. */
const serveName = "mkdir -p /www && hostname > /www/index.html && exec httpd -f -p 80 -h /www";

export const namespaceManifest = (name: string): Json => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name },
});

export const podManifest = ({ namespace, name, on, app }: Pod, spec: Json = {}, container: Json = {}): Json => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace, labels: { app } },
  spec: {
    nodeName: on,
    terminationGracePeriodSeconds: 0,
    containers: [
      { name: "main", image: testImage, imagePullPolicy: "Never", command: ["sh", "-c", serveName], ...container },
    ],
    ...spec,
  },
});

export const apply = async (lab: Lab, objects: readonly Json[]): Promise<void> => {
  const list = { apiVersion: "v1", kind: "List", items: objects };
  await kubectl(lab, ["apply", "--filename=-"], { input: JSON.stringify(list) });
};

export const waitForPods = async (lab: Lab, namespace: string): Promise<void> => {
  const ready = ["wait", "--for=condition=Ready", "pods", "--all", "--timeout=180s"];
  await kubectl(lab, [`--namespace=${namespace}`, ...ready], { seconds: 200 });
};

/** What a command in the pod prints. Rejects with ToolError when it fails. */
export const inPod = async (lab: Lab, { namespace, name }: Pod, argv: readonly string[]): Promise<string> =>
  (await kubectl(lab, [`--namespace=${namespace}`, "exec", name, "--", ...argv])).stdout.trim();

/** Everything in them goes too, and is gone when this resolves. */
export const removeNamespaces = async (lab: Lab, names: readonly string[]): Promise<void> => {
  await kubectl(lab, ["delete", "namespace", "--ignore-not-found", "--timeout=180s", ...names], { seconds: 200 });
};
