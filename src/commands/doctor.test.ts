import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { operatedText, withOperated, type Operated } from "../../tests/support/operated-cluster.ts";
import { ToolError } from "../diagnostic.ts";
import type { Command, Finished, Io } from "../edge/io.ts";
import type { Finding } from "../host/judge.ts";
import { needed } from "../host/needs.ts";
import { doctor, type DoctorOptions } from "./doctor.ts";

interface World {
  readonly missing?: readonly string[];
  readonly urls?: string[];
  readonly answers?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
}

const run = async ({ argv }: Command): Promise<Finished> => ({
  ...{ code: 0, stderr: "" },
  stdout: argv[0] === "df" ? "Avail\n99999999999\n" : "",
});

async function* nothing() {}

/** A host that has everything but what is said, and records what it is asked over the network. */
const host = ({ io }: Operated, { missing = [], urls = [], answers = true, environment = {} }: World): Io => {
  const files = needed.map(({ name }) => name).filter((name) => name.startsWith("/"));
  return {
    ...io,
    environment: { KIMG_CACHE: "/nowhere/kimg", ...environment },
    files: {
      ...io.files,
      status: async (path) =>
        files.includes(path) && !missing.includes(path)
          ? { kind: "file", size: 1, mode: 0o644, modified: new Date(0) }
          : io.files.status(path),
    },
    processes: { run, find: async (program) => (missing.includes(program) ? undefined : `/usr/bin/${program}`) },
    network: {
      ...io.network,
      open: async (url) => {
        urls.push(url);
        if (!answers) throw new ToolError(`fetching ${url}`, { tail: "no answer" });
        return { status: 200, headers: new Map(), body: nothing(), close: () => {} };
      },
    },
  };
};

const ask = (operated: Operated, found: World = {}, more: Partial<DoctorOptions> = {}) =>
  doctor(host(operated, found), {
    ...{ libraries: [], network: false, json: false, nodeVersion: "20.19.0" },
    ...{ user: { id: 0, name: "root" } },
    ...more,
  });

const findings = async (operated: Operated, found: World, more: Partial<DoctorOptions> = {}) => {
  const { text } = await ask(operated, found, { json: true, ...more });
  return (JSON.parse(text) as { readonly findings: readonly Finding[] }).findings;
};

describe("kimg doctor", () => {
  it(
    "finds a host that has all ready, and asks nobody",
    withOperated(async (operated) => {
      const urls: string[] = [];
      const { ready, text } = await ask(operated, { urls });
      expect(ready).toBe(true);
      expect(text).toMatch(/this host has what a plain build needs$/);
      expect(urls).toEqual([]);
    }),
  );

  it(
    "says what is missing with the command that installs it",
    withOperated(async (operated) => {
      const { ready, text } = await ask(operated, { missing: ["bwrap", "mmdebstrap"] });
      expect(ready).toBe(false);
      expect(text).toContain("MISSING  bwrap, of the package bubblewrap, is not there");
      expect(text).toContain("\n  apt-get install --no-install-recommends bubblewrap mmdebstrap\n");
      expect(text).toMatch(/lacks 2 things that a plain build needs$/);
    }),
  );

  it(
    "looks for what a cluster wants: its trust, its mirror",
    withOperated(async (operated) => {
      const { io, cluster, folder } = operated;
      expect((await findings(operated, {}, { cluster })).find(({ name }) => name === "secrets")).toBeUndefined();
      await io.files.remove(join(folder, "cluster.secrets.yaml"));
      await writeFile(
        cluster,
        operatedText.replace("version: 1.37.2", `version: 1.37.2, from: mirror, mirror: ${folder}/mirror`),
      );
      const found = await findings(operated, {}, { cluster });
      expect(found.filter(({ state }) => state !== "ok" && state !== "advice")).toMatchObject([
        { name: "mirror", command: `kimg mirror create ${folder}/mirror` },
      ]);
      expect(found.find(({ name }) => name === "secrets")?.command).toBe(`kimg secrets ${cluster}`);
    }),
  );

  it(
    "asks the archive and the proxy when it is told to, and shows no password of theirs",
    withOperated(async (operated) => {
      const urls: string[] = [];
      const environment = {
        GOPROXY: "https://user:hunter2@go.example/,direct",
        KIMG_DEBIAN_MIRROR: "http://deb.example",
      };
      const found = { urls, environment };
      expect((await ask(operated, found, { network: true })).ready).toBe(true);
      expect(urls).toContain("http://deb.example/debian/dists/trixie/InRelease");
      expect(urls).toContain("https://user:hunter2@go.example/");
      const silent = await ask(operated, { ...found, answers: false }, { network: true });
      expect(silent.ready).toBe(false);
      expect(silent.text).toContain("MISSING  http://deb.example/debian/dists/trixie/InRelease does not answer");
      expect(silent.text + (await ask(operated, found)).text).not.toContain("hunter2");
    }),
  );

  it(
    "refuses a cluster.yaml that is wrong",
    withOperated(async (operated) => {
      await writeFile(operated.cluster, "version: 2\n");
      await expect(ask(operated, {}, { cluster: operated.cluster })).rejects.toThrow(/version/);
    }),
  );
});
