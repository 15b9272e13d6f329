import { describe, expect, it } from "vitest";
import { node, unreachable } from "../../tests/support/fake-api.ts";
import { type Operated, withOperated } from "../../tests/support/operated-cluster.ts";
import { ToolError } from "../diagnostic.ts";
import { status } from "./status.ts";

/** The certificates of the cluster in memory end on the first of December. */
const ask = ({ io, common: { output: _seeds, ...common } }: Operated, json = false) =>
  status({ ...io, now: () => new Date("2026-10-01T00:00:00Z") }, { ...common, json });

describe("kimg status", { timeout: 60_000 }, () => {
  it(
    "shows the cluster, and that it is healthy",
    withOperated(async (operated) => {
      const { text, healthy } = await ask(operated);
      expect(healthy).toBe(true);
      expect(text.split("\n\n")[0]).toBe(
        [
          "NODE  ROLE         STATE  VERSION  ETCD",
          "cp1   master-init  Ready  1.37.2   ready",
          "cp2   master-join  Ready  1.37.2   ready",
          "cp3   master-join  Ready  1.37.2   ready",
          "w1    worker       Ready  1.37.2   -",
        ].join("\n"),
      );
      expect(text).toContain("API           1.37.2 at https://10.0.0.10:6443");
      expect(text).toContain("certificates  cp1 61 days, cp2 61 days, cp3 61 days");
      expect(text).toContain("CoreDNS       2 of 2 ready");
      expect(text).toContain("warning[render/not-sealed]");
      expect(text).toMatch(/prod is healthy$/);
    }),
  );

  it(
    "asks each master past the load balancer, and does without those that it cannot reach",
    withOperated(async (operated) => {
      operated.fake.down.set("10.0.0.22:6443", unreachable);
      operated.fake.down.set("10.0.0.23:6443", unreachable);
      const { text, healthy } = await ask(operated);
      expect(healthy).toBe(true);
      expect(text).toContain("certificates  cp1 61 days\n");
      operated.fake.down.set("10.0.0.21:6443", unreachable);
      expect((await ask(operated)).text).toContain("certificates  61 days\n");
    }),
  );

  it(
    "says what is wrong, for people and for programs",
    withOperated(async (operated) => {
      operated.fake.objects.set("/api/v1/nodes", {
        items: [node("cp1", { master: true }), node("cp2", { master: true, ready: false }), node("w1"), node("w9")],
      });
      const { text, healthy } = await ask(operated);
      expect(healthy).toBe(false);
      expect(text).toMatch(/^cp2 +master-join +NotReady/m);
      expect(text).toMatch(/^cp3 +master-join +missing +- +ready$/m);
      expect(text).toMatch(/^w9 +- +Ready/m);
      expect(text).toMatch(/prod is not healthy$/);
      const said = JSON.parse((await ask(operated, true)).text) as object;
      expect(said).toMatchObject({
        cluster: "prod",
        healthy: false,
        sealed: false,
        wantedVersion: "1.37.2",
        api: { version: "1.37.2", certificateDays: 61 },
        problems: [
          { severity: "error", code: "status/node-missing", message: expect.stringMatching(/^cp3 /) as string },
          { severity: "error", code: "status/node-not-ready", message: "cp2 is not Ready: as told" },
          { severity: "warning", code: "status/node-unknown" },
          { severity: "warning", code: "render/not-sealed" },
        ],
      });
    }),
  );

  it(
    "holds no secret",
    withOperated(async (operated) => {
      const said = `${(await ask(operated)).text}${(await ask(operated, true)).text}${operated.notes.join("")}`;
      for (const value of Object.values((await operated.secrets()).values)) expect(said).not.toContain(value);
      expect(said).not.toContain("BEGIN");
    }),
  );

  it(
    "is an error of its own when nobody answers",
    withOperated(async (operated) => {
      operated.fake.down.set("10.0.0.10:6443", unreachable);
      await expect(ask(operated)).rejects.toBeInstanceOf(ToolError);
    }),
  );
});
