// What a host lacks for a build, with the command that mends it. Pure.
import type { SupplySource } from "../model.ts";
import { firstImage, furtherImage, leastIds, leastNode, needed } from "./needs.ts";
import type { HostFacts, User } from "./observe.ts";

export interface Finding {
  /** Stable, for programs. */
  readonly name: string;
  /** `missing`: a build cannot work without. `advice`: it works, less well or later. */
  readonly state: "ok" | "missing" | "advice";
  /** One line for people. */
  readonly text: string;
  /** To be pasted into a shell; several lines are to be run one after the other. */
  readonly command?: string;
}

/** What is to be built. */
export interface Wish {
  readonly from: SupplySource;
  /** How many images. */
  readonly images: number;
}

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

const asRoot = ({ id }: User, command: string): string => (id === 0 ? command : `sudo ${command}`);

const nodeFinding = ({ nodeVersion }: HostFacts): Finding => {
  const [major = 0, minor = 0] = nodeVersion.split(".").map(Number);
  const isEnough = major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1]);
  const text = `Node ${nodeVersion}`;
  if (isEnough) return { name: "node", state: "ok", text };
  const least = leastNode.join(".");
  return {
    name: "node",
    state: "missing",
    text: `${text}: it takes ${least} or later`,
    command: "npm install --global node@22",
  };
};

const programFindings = ({ present, user }: HostFacts): readonly Finding[] =>
  needed
    .filter(({ usersOnly }) => usersOnly !== true || user.id !== 0)
    .map(({ name, package: from, purpose }) =>
      present.has(name)
        ? { name, state: "ok", text: `${name} (${from}): ${purpose}` }
        : { name, state: "missing", text: `${name}, of the package ${from}, is not there: ${purpose}` },
    );

/** All packages in one command; none where there is no apt to run it. */
const installCommand = ({ present, user, hasApt }: HostFacts): string | undefined => {
  const lacking = needed.filter(({ name, usersOnly }) => !present.has(name) && (usersOnly !== true || user.id !== 0));
  const packages = [...new Set(lacking.map((each) => each.package))].toSorted();
  if (packages.length === 0 || !hasApt) return undefined;
  return asRoot(user, `apt-get install --no-install-recommends ${packages.join(" ")}`);
};

/** Settings that forbid namespaces to ordinary users, or to all, with the value that allows them. */
const forbidding: Readonly<Record<string, { readonly is: string; readonly allows: string }>> = {
  "kernel.unprivileged_userns_clone": { is: "0", allows: "1" },
  "kernel.apparmor_restrict_unprivileged_userns": { is: "1", allows: "0" },
  "user.max_user_namespaces": { is: "0", allows: "15000" },
};

const namespaceFinding = ({ namespaceProblem, settings, user }: HostFacts): Finding => {
  const name = "namespaces";
  if (namespaceProblem === "") return { name, state: "ok", text: "namespaces and sandboxes work" };
  const commands = Object.entries(forbidding)
    .filter(([setting, { is }]) => settings[setting] === is)
    .map(([setting, { allows }]) => asRoot(user, `sysctl -w ${setting}=${allows}`));
  const text = `a program cannot run in namespaces of its own: ${namespaceProblem}`;
  return { name, state: "missing", text, ...(commands.length === 0 ? {} : { command: commands.join("\n") }) };
};

const idFindings = ({ ids, user }: HostFacts): readonly Finding[] => {
  if (user.id === 0) return [];
  const lacking = (["subuid", "subgid"] as const).filter((file) => ids[file] < leastIds);
  if (lacking.length === 0) return [{ name: "ids", state: "ok", text: "ranges of ids in /etc/subuid and /etc/subgid" }];
  const options = lacking.map((file) => `--add-${file}s 100000-165535`).join(" ");
  const text = `${user.name} has no range of ${leastIds} ids in ${lacking.map((file) => `/etc/${file}`).join(" and ")}`;
  return [{ name: "ids", state: "missing", text, command: `sudo usermod ${options} ${user.name}` }];
};

const roomFinding = ({ cache }: HostFacts, { from, images }: Wish): Finding => {
  const most = (from === "modules" ? firstImage.modules : firstImage.others) + furtherImage * Math.max(0, images - 1);
  if (!cache.writable) {
    const text = `this user cannot write to the cache folder ${cache.folder}: set KIMG_CACHE to one that they can`;
    return { name: "room", state: "missing", text };
  }
  const has = `${gibibytes(cache.free)} free for the cache in ${cache.folder}`;
  if (cache.free >= most) return { name: "room", state: "ok", text: has };
  const text = `${has}: ${images === 1 ? "a first image takes" : `${images} images take`} up to ${gibibytes(most)}`;
  // Most of it may be in the cache already.
  return { name: "room", state: cache.free < 2 * 2 ** 30 ? "missing" : "advice", text, command: "kimg cache prune" };
};

const kvmTexts: Readonly<Record<HostFacts["kvm"], string>> = {
  usable: "/dev/kvm may be opened; `kimg boot` tries whether a machine runs in it",
  closed: "/dev/kvm may not be opened: `kimg boot` emulates, which is some ten times slower",
  missing: "no /dev/kvm: `kimg boot` emulates, which is some ten times slower; builds need none",
};

const kvmFinding = ({ kvm, user }: HostFacts): Finding => ({
  name: "kvm",
  state: kvm === "usable" ? "ok" : "advice",
  text: kvmTexts[kvm],
  ...(kvm === "closed" ? { command: `sudo usermod --append --groups kvm ${user.name}` } : {}),
});

export interface Judged {
  readonly findings: readonly Finding[];
  /** Of all packages that are missing. */
  readonly install: string | undefined;
}

export const judgeHost = (facts: HostFacts, wish: Wish): Judged => ({
  findings: [
    nodeFinding(facts),
    ...programFindings(facts),
    namespaceFinding(facts),
    ...idFindings(facts),
    roomFinding(facts, wish),
    kvmFinding(facts),
  ],
  install: installCommand(facts),
});
