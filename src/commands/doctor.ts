// `kimg doctor`: what this host lacks for a build, with the command that mends it. Sends nothing anywhere unless told to.
import { DiagnosticError } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import { shellLine } from "../edge/processes.ts";
import { type Finding, type Judged, judgeHost, type Wish } from "../host/judge.ts";
import { observeHost, type User } from "../host/observe.ts";
import { defaultSupply, type Role } from "../model.ts";
import { resolveCluster } from "../resolve/resolve.ts";
import { secretsPath } from "../secrets/file.ts";
import { readMirrorLock } from "../supply/mirror-lock.ts";
import { select } from "../supply/selection.ts";
import { complaintOf } from "../supply/upstream/hosts.ts";
import { firstUrls } from "../supply/upstream/upstream.ts";
import { throughMirror } from "../tools/archive.ts";
import { defaultImage, pairsOfCluster } from "./build.ts";
import { loadCluster, readLibrary } from "./check.ts";

export interface DoctorOptions {
  /** A plain build when not given. */
  readonly cluster?: string;
  readonly libraries: readonly string[];
  readonly network: boolean;
  readonly json: boolean;
  readonly nodeVersion: string;
  readonly user: User;
}

export interface Diagnosis {
  readonly text: string;
  /** Nothing needed is missing. */
  readonly ready: boolean;
}

/** What is to be built, and from where. */
interface Plan extends Wish {
  /** For people: what was looked for. */
  readonly what: string;
  /** One-line apt sources. */
  readonly sources: readonly string[];
  readonly mirror: string | undefined;
  readonly kubernetes: string;
  readonly roles: readonly Role[];
}

const plan = async (io: Io, { cluster: file, libraries }: DoctorOptions): Promise<Plan> => {
  if (file === undefined) {
    const { images, defaultKubernetesVersion: kubernetes } = await readLibrary(io, libraries);
    const sources = images.get(defaultImage)?.sources ?? [];
    const what = "a plain build";
    return { what, from: defaultSupply, images: 1, sources, mirror: undefined, kubernetes, roles: [] };
  }
  const { config, library, manifests } = await loadCluster(io, { cluster: file, libraries });
  const cluster = resolveCluster(config, library, manifests);
  const pairs = pairsOfCluster(cluster, { role: [] });
  const { from, mirror, version: kubernetes } = cluster.kubernetes;
  const sources = [...new Set(pairs.flatMap(({ image }) => image.sources))];
  const roles = pairs.map(({ role }) => role);
  return { what: `the builds of ${file}`, from, images: pairs.length, sources, mirror, kubernetes, roles };
};

/** `deb http://… trixie main` → the file that every suite has. */
const releaseUrl = (source: string): string => {
  const [, base = "", suite = ""] = source.split(/\s+/);
  return `${base.replace(/\/+$/, "")}/dists/${suite}/InRelease`;
};

/** What Go asks first: https://go.dev/ref/mod#environment-variables. */
const goProxy = (environment: Io["environment"]): string | undefined =>
  environment["GOPROXY"]?.split(/[,|]/).find((each) => each.startsWith("http"));

/** Users and passwords in an address are nobody's business. */
const shownUrl = (url: string): string => url.replace(/\/\/[^/@]*@/, "//");

const upstreamUrls = async (io: Io, { kubernetes, roles }: Plan): Promise<readonly string[]> => {
  const packages = [...new Set(roles.flatMap(({ components }) => components))];
  const images = [...new Set(roles.flatMap(({ containerImages }) => containerImages))];
  return firstUrls(await select(io, { kubernetes, packages, images, architecture: "amd64" }));
};

const supplyUrls = async (io: Io, found: Plan): Promise<readonly string[]> => {
  if (found.from === "upstream") return upstreamUrls(io, found);
  const proxy = goProxy(io.environment);
  return proxy === undefined ? [] : [proxy];
};

const urlsOf = async (io: Io, found: Plan): Promise<readonly string[]> => {
  if (found.from === "mirror") return [];
  const debian = throughMirror(found.sources, io.environment).map(releaseUrl);
  return [...new Set([...debian, ...(await supplyUrls(io, found))])];
};

const supplyWords = (io: Io, from: Plan["from"]): string => {
  if (from === "upstream") return "Kubernetes from upstream's hosts, or what KIMG_UPSTREAM names in their place";
  const proxy = goProxy(io.environment);
  return `Go modules from ${proxy === undefined ? "Go's own proxy; GOPROXY names another" : shownUrl(proxy)}`;
};

/** As the configuration has it; nobody is asked. */
const configured = (io: Io, found: Plan): readonly Finding[] => {
  if (found.from === "mirror") return [];
  const places = throughMirror(found.sources, io.environment).map((source) => source.split(/\s+/)[1] ?? "");
  const debian = [...new Set(places)].map(shownUrl).join(", ");
  return [
    { name: "archive", state: "ok", text: `Debian's packages from ${debian}; not asked` },
    { name: "supply", state: "ok", text: `${supplyWords(io, found.from)}; not asked` },
  ];
};

/** Go's own proxy is asked by Go alone: which one it is, only Go knows. */
const unasked = (io: Io, { from }: Plan): readonly Finding[] =>
  from === "modules" && goProxy(io.environment) === undefined
    ? [{ name: "supply", state: "ok", text: `${supplyWords(io, from)}; not asked` }]
    : [];

const reached = async (io: Io, found: Plan): Promise<readonly Finding[]> => [
  ...unasked(io, found),
  ...(await Promise.all(
    (await urlsOf(io, found)).map(async (url): Promise<Finding> => {
      const complaint = await complaintOf(io, url);
      const host = shownUrl(url);
      return complaint === undefined
        ? { name: "network", state: "ok", text: `${host} answers` }
        : { name: "network", state: "missing", text: `${host} does not answer: ${complaint}` };
    }),
  )),
];

const mirrorFinding = async (io: Io, mirror: string): Promise<Finding> => {
  try {
    await readMirrorLock(io, mirror);
    return { name: "mirror", state: "ok", text: `the mirror ${mirror} is there` };
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return {
      name: "mirror",
      state: "missing",
      text: error.message,
      command: shellLine({ argv: ["kimg", "mirror", "create", mirror] }),
    };
  }
};

/** What the cluster's own files must bring. */
const clusterFindings = async (io: Io, file: string, { mirror, from }: Plan): Promise<readonly Finding[]> => {
  const ofMirror = from === "mirror" && mirror !== undefined ? [await mirrorFinding(io, mirror)] : [];
  const secrets = secretsPath(file);
  if ((await io.files.status(secrets)) !== undefined) return ofMirror;
  const text = `no ${secrets} yet: rendering needs it, building does not`;
  return [
    ...ofMirror,
    { name: "secrets", state: "advice", text, command: shellLine({ argv: ["kimg", "secrets", file] }) },
  ];
};

const signs = { ok: "ok", missing: "MISSING", advice: "advice" } as const satisfies Record<Finding["state"], string>;

const describe = (what: string, { findings, install }: Judged): string => {
  const missing = findings.filter(({ state }) => state === "missing").length;
  const lines = findings.flatMap(({ state, text, command }) => [
    `${signs[state].padEnd(7)}  ${text}`,
    ...(command === undefined ? [] : command.split("\n").map((line) => `           ${line}`)),
  ]);
  return [
    ...lines,
    ...(install === undefined ? [] : ["", "what is missing of Debian's packages:", `  ${install}`]),
    "",
    missing === 0
      ? `this host has what ${what} needs`
      : `this host lacks ${missing} thing${missing === 1 ? "" : "s"} that ${what} needs`,
  ].join("\n");
};

/** Rejects with DiagnosticError when the cluster.yaml is wrong. */
export const doctor = async (io: Io, options: DoctorOptions): Promise<Diagnosis> => {
  const wanted = await plan(io, options);
  const facts = await observeHost(io, options.user, options.nodeVersion);
  const judged = judgeHost(facts, wanted);
  const more = [
    ...(options.network ? await reached(io, wanted) : configured(io, wanted)),
    ...(options.cluster === undefined ? [] : await clusterFindings(io, options.cluster, wanted)),
  ];
  const all = { ...judged, findings: [...judged.findings, ...more] };
  const ready = all.findings.every(({ state }) => state !== "missing");
  const text = options.json ? JSON.stringify({ ready, ...all }, undefined, 2) : describe(wanted.what, all);
  return { text, ready };
};
