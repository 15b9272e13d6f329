// Asks the API server at an address again and again, by a new connection each time, to read and to write, and prints each answer as a line
// of JSON. Run beside the machines by cases that look for outages: poll.ts HOST:PORT KUBECONFIG
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { parse } from "yaml";
import type { Answered } from "./outage.ts";

interface Kubeconfig {
  readonly clusters: readonly [{ readonly cluster: { readonly "certificate-authority-data": string } }];
  readonly users: readonly [
    { readonly user: { readonly "client-certificate-data": string; readonly "client-key-data": string } },
  ];
}

const [endpoint = "", file = ""] = process.argv.slice(2);
const { clusters, users } = parse(readFileSync(file, "utf8")) as Kubeconfig;
const decoded = (text: string): Buffer => Buffer.from(text, "base64");
const credentials = {
  ca: decoded(clusters[0].cluster["certificate-authority-data"]),
  cert: decoded(users[0].user["client-certificate-data"]),
  key: decoded(users[0].user["client-key-data"]),
};

const configMap = "/api/v1/namespaces/default/configmaps/poll?fieldManager=poll&force=true";

/** A server-side apply: it makes the object where there is none. */
const written = (): string =>
  JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "poll" }, data: { at: String(Date.now()) } });

const ask = (kind: Answered["kind"]): Promise<boolean> =>
  new Promise((resolve) => {
    const write = kind === "write";
    const path = write ? configMap : "/api/v1/nodes";
    const headers = write ? { "content-type": "application/apply-patch+yaml" } : {};
    const options = { ...credentials, method: write ? "PATCH" : "GET", headers, agent: false, timeout: 2_000 };
    const asked = request(`https://${endpoint}${path}`, options, (answer) => {
      answer.resume();
      answer.once("end", () => resolve(answer.statusCode === 200 || answer.statusCode === 201));
    });
    asked.once("timeout", () => asked.destroy());
    asked.once("error", () => resolve(false));
    asked.once("close", () => resolve(false));
    asked.end(write ? written() : undefined);
  });

for (;;) {
  for (const kind of ["read", "write"] as const) {
    const ok = await ask(kind);
    console.log(JSON.stringify({ kind, ok, at: Date.now() } satisfies Answered));
  }
  await sleep(100);
}
