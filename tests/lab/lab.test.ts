// The lab's own pure parts, without a lab.
import { describe, expect, it } from "vitest";
import { containerCommand } from "./container.ts";
import { cases } from "./cases/index.ts";
import { mountsBelow } from "./place.ts";
import { randomNumbers } from "./random.ts";
import { type CaseResult, formatPage, withResult } from "./report.ts";
import { forbidden, missing } from "./secrets-on-disk.ts";

describe("mounts below a folder", () => {
  const mountinfo = [
    "22 1 254:0 / / rw,relatime - ext4 /dev/vda rw",
    "30 22 0:25 / /var/lab/machines/m1/merged rw - overlay lab rw",
    "31 22 0:26 / /var/lab-other rw - tmpfs tmpfs rw",
    "32 22 0:27 / /var/lab/a\\040b rw - tmpfs tmpfs rw",
  ].join("\n");

  it("are found by whole path parts, with escaped characters", () => {
    expect(mountsBelow(mountinfo, "/var/lab")).toEqual(["/var/lab/machines/m1/merged", "/var/lab/a b"]);
    expect(mountsBelow(mountinfo, "/var/lab/machines/m1/merged")).toHaveLength(1);
    expect(mountsBelow(mountinfo, "/var/lab/machines/m2")).toEqual([]);
  });
});

describe("a container", () => {
  const folders = new Map([["/lab/m1/etcd", "/var/lib/etcd"]]);
  const disk = { lower: "/r", upper: "/u", work: "/w", merged: "/m", folders, fromSource: [] };
  const argv = containerCommand("m1", disk, { network: "/run/netns/x", openFiles: "unlimited" });

  it("cannot touch the host's clock and modules, nor take its name from outside", () => {
    expect(argv).toContain("--drop-capability=CAP_SYS_TIME,CAP_SYS_MODULE");
    expect(argv).toContain("--hostname=unnamed");
  });

  it("has its own folders, and systemd-nspawn's word for no limit", () => {
    expect(argv).toContain("--bind=/lab/m1/etcd:/var/lib/etcd");
    expect(argv).toContain("--rlimit=NOFILE=1024:infinity");
  });
});

describe("the table of secrets", () => {
  it("forbids a key outside its place, and a token everywhere", () => {
    const place = { secret: "ca.key", path: "/etc/kubernetes/pki/ca.key" } as const;
    const journal = { secret: "ca.key", path: "/var/log/journal/x" } as const;
    const token = { secret: "worker-token", path: "/etc/kubernetes/bootstrap-kubelet.conf" } as const;
    expect(forbidden("init", [place, journal, token])).toEqual([journal, token]);
    expect(forbidden("join-worker", [place])).toEqual([place]);
  });

  it("lets a load balancer keep its own passwords where its seed has them, and nothing of the cluster", () => {
    const seed = "/var/lib/cloud/seed/nocloud/user-data";
    const password = { secret: "vrrp-password", path: seed } as const;
    const token = { secret: "worker-token", path: seed } as const;
    expect(forbidden("load-balancer", [password, token])).toEqual([token]);
    expect(forbidden("join-worker", [password])).toEqual([password]);
  });

  it("wants a master's keys, so that a search that finds nothing is noticed", () => {
    expect(missing("join-control-plane", []).map(({ secret }) => secret)).toContain("sa.key");
    expect(missing("join-worker", [])).toEqual([]);
  });
});

describe("a report", () => {
  const result: CaseResult = {
    ...{ name: "form", does: "Starts", endsIn: "a | b", inTest: true, result: "passed", seconds: 3 },
    begun: "2026-11-01T10:00:00.000Z",
    assertions: [{ what: "ready", result: "passed", at: 2, seconds: 1 }],
    timeline: { m1: [{ at: 1, text: "preflight" }] },
    agentFromSource: false,
  };

  it("keeps the order and replaces what was run again", () => {
    const other = { ...result, name: "other" };
    const report = { version: 1 as const, cases: [result, other] };
    const again = withResult(report, { ...result, result: "failed" });
    expect(again.cases.map((each) => [each.name, each.result])).toEqual([
      ["form", "failed"],
      ["other", "passed"],
    ]);
  });

  it("is a page with tables that nothing breaks", () => {
    const page = formatPage({ version: 1, cases: [result] });
    expect(page).toContain("| ● [form](#form) | a \\| b | passed | 3 | 2026-11-01T10:00 |");
    expect(page).toContain("- 1 s: preflight");
  });
});

describe("random moments", () => {
  it("are the same for the same seed, and spread over the whole range", () => {
    const [one, two] = [randomNumbers(7), randomNumbers(7)];
    const numbers = Array.from({ length: 200 }, one);
    expect(Array.from({ length: 200 }, two)).toEqual(numbers);
    expect(Math.min(...numbers)).toBeLessThan(0.1);
    expect(Math.max(...numbers)).toBeGreaterThan(0.9);
    expect(Math.max(...numbers)).toBeLessThan(1);
  });
});

describe("the cases", () => {
  it("have names of their own", () => {
    const names = cases.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
